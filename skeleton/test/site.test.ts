import { readable, resourcesOf } from "provision/testing";
import { expect, it } from "vitest";

// As the inventory gives it hosts, with variables of the test's own: the page may change, the test need not.
const stack = {
  inventory: "inventory.yml",
  roles: ["site"],
  vars: { site: { title: "A title", text: "Some text." } },
};

it("makes a web server what it was before", async () => {
  // A change that is wanted is taken over with: npm test -- --update
  await expect(readable(resourcesOf("web1", stack))).toMatchFileSnapshot("site.txt");
});

it("is what the balancers use", () => {
  const balancer = readable(resourcesOf("lb1", { ...stack, roles: ["haproxy"] }));
  expect(balancer).toContain("server web1 10.77.0.21:80");
  expect(balancer).toContain("server web2 10.77.0.22:80");
});
