import { describe, expect, it } from "vitest";
import { errorIn, messageOf, readRecord, readRecords, statesIn } from "../../src/lab/vagrant/output.ts";

const status = `1795480823,lb1,metadata,provider,lxc
1795480823,lb1,provider-name,lxc
1795480823,lb1,state,running
1795480823,lb2,state,not_created
1795480823,web1,state,poweroff
1795480823,web2,state,saved
1795480823,lb2,state-human-long,If a machine is not created%!(VAGRANT_COMMA) only the\\ndefault provider will be shown.
a plug-in says, what, it likes
`;

describe("machine-readable output of Vagrant", () => {
  it("has one record per line, and other lines", () => {
    expect(readRecords(status)).toHaveLength(7);
    expect(readRecord("Host lb1")).toBeUndefined();
    expect(readRecord("1795480823,lb2,state-human-long,a%!(VAGRANT_COMMA) b\\nc")).toEqual({
      target: "lb2",
      type: "state-human-long",
      data: ["a, b\nc"],
    });
  });

  it("has the states of machines, with the words of each provider", () => {
    expect([...statesIn(readRecords(status))]).toEqual([
      ["lb1", "running"],
      ["lb2", "missing"],
      ["web1", "stopped"],
      ["web2", "frozen"],
    ]);
  });

  it("has messages about a machine, shown without its name", () => {
    const words = (line: string) => messageOf(readRecord(line) ?? { target: "", type: "", data: [] });
    expect(words("1,lb1,ui,info,==> lb1: Importing base box 'x'...")).toBe("Importing base box 'x'...");
    expect(words("1,lb1,ui,detail,    lb1: SSH address: 192.168.56.11:22")).toBe(
      "SSH address: 192.168.56.11:22",
    );
    expect(words("1,,ui,info,Bringing machine 'lb1' up")).toBeUndefined();
    expect(words("1,lb1,ui,error,An error occurred.")).toBeUndefined();
    expect(words("1,lb1,action,up,start")).toBeUndefined();
  });

  it("has the error of a failed command", () => {
    const line = "1,,error-exit,Vagrant::Errors::ProviderNotUsable,The provider 'virtualbox'\\nis not usable";
    expect(errorIn(readRecords(line))).toEqual({
      kind: "ProviderNotUsable",
      text: "The provider 'virtualbox'\nis not usable",
    });
    expect(errorIn(readRecords(status))).toBeUndefined();
  });
});
