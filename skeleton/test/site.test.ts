import { readable, resourcesOf } from "provision/testing";
import { expect, it } from "vitest";

// The hosts of the inventory, with variables of the test: a new text of the page does not change the test.
const stack = {
  inventory: "inventory.yml",
  roles: ["site"],
  vars: { site: { title: "A title", text: "Some text." } },
};

it("wants the same resources as before", async () => {
  // To accept a change that you want: npm test -- --update
  await expect(readable(resourcesOf("web1", stack))).toMatchFileSnapshot("site.txt");
});

it("gives the balancers their servers", () => {
  const balancer = readable(resourcesOf("lb1", { ...stack, roles: ["haproxy"] }));
  expect(balancer).toContain("server web1 10.77.0.21:80");
  expect(balancer).toContain("server web2 10.77.0.22:80");
});
