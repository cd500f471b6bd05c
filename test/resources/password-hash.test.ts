import { describe, expect, it } from "vitest";
import { cachingHash, isHashOf, nativeHash, saltFor } from "../../src/resources/sql/password-hash.ts";

/** As MySQL 9.7.4 kept these passwords in mysql.user, in hexadecimal. */
const kept = {
  "ledger-password-1":
    "244124303041247D5414226C527D16182E5B59564674687D2942493269594E30724F304942612E39484E37456168504E436A4F6342517A76726E696E4C51383933344D586F33",
  short:
    "2441243030412443523B700A577161101641665B6A3A2147423A4C2E6E51776C6961535A4546714332454E36745158534C4A6A657A732E4745783864364A6836774D395A4741",
} as const;
const bytes = (hex: string): Buffer => Buffer.from(hex, "hex");

describe("hashes of passwords", () => {
  it.each(Object.entries(kept))("%s is known by what MySQL keeps of it", (password, hex) => {
    expect(isHashOf(bytes(hex), password)).toBe(true);
    expect(isHashOf(bytes(hex), `${password}x`)).toBe(false);
    expect(isHashOf(bytes(hex).subarray(0, -1), password)).toBe(false);
  });

  it("are as MariaDB's PASSWORD() makes them", () => {
    expect(nativeHash("password")).toBe("*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19");
    expect(isHashOf(Buffer.from("*2470c0c06dee42fd1618bb99005adca2ec9d1e19"), "password")).toBe(true);
    expect(isHashOf(Buffer.from("*2470c0c06dee42fd1618bb99005adca2ec9d1e19"), "Password")).toBe(false);
  });

  it("are the same each time, with another salt for each account and password", () => {
    expect(saltFor("a@%", "x")).toEqual(saltFor("a@%", "x"));
    expect(saltFor("a@%", "x")).not.toEqual(saltFor("b@%", "x"));
    expect(saltFor("a@%", "x")).not.toEqual(saltFor("a@%", "y"));
    expect(isHashOf(cachingHash("x", saltFor("a@%", "x")), "x")).toBe(true);
  });

  it.each(["", "*", "invalid", "$A$005$", `$A$FFF$${"x".repeat(63)}`])("%j is none", (text) => {
    expect(isHashOf(Buffer.from(text), "")).toBe(false);
  });
});
