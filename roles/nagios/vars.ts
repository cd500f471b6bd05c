import { z } from "zod";
import { certificateDays } from "../certificate-days.ts";

const network = z.union(
  [z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()],
  "an address such as 10.0.0.1, or a network such as 10.0.0.0/8",
);
const mailAddress = z.string().regex(/^[\w.+=-]+@[\w.-]+$/, "not a mail address such as ops@example.org");
const hostName = z
  .string()
  .regex(/^[A-Za-z0-9:]([A-Za-z0-9.:-]*[A-Za-z0-9])?$/, "not a host name or address");

/** The variables of the role. */
export const vars = z.strictObject({
  port: z
    .int()
    .min(1)
    .max(65535)
    .default(443)
    .describe(
      "TCP port of its pages, over HTTPS. Change it if a web server or balancer runs on the same host",
    ),
  networks: z
    .array(network)
    .default([])
    .describe(
      "Addresses or networks that may see its pages, with the password. Default: only the host itself",
    ),
  interval: z
    .int()
    .min(2)
    .max(3600)
    .default(30)
    .describe(
      "Seconds between two runs of a check; five times as long for checks that change slowly, such as disks",
    ),
  retry: z.int().min(1).max(600).default(5).describe("Seconds until a failed check runs again"),
  attempts: z.int().min(1).max(20).default(3).describe("Failures in a row before an alert is sent"),
  webhook: z
    .string()
    .regex(/^https?:\/\/[^\s"\\]+$/, "a URL that begins with http:// or https://")
    .optional()
    .describe("URL for alerts: a POST with a JSON object, which has `text` and a field for each fact"),
  mail: z
    .strictObject({
      to: z.array(mailAddress).min(1).describe("Receivers of the alerts"),
      from: mailAddress.describe("Sender of the alerts"),
      smarthost: hostName.describe(
        "Mail server that accepts them. Ignored if another mail program is installed",
      ),
      port: z.int().min(1).max(65535).default(25).describe("TCP port of the mail server"),
      tls: z.boolean().default(false).describe("Use STARTTLS, with a certificate that the host trusts"),
    })
    .optional()
    .describe("Alerts by mail"),
  site: z
    .strictObject({
      path: z
        .string()
        .regex(/^\/[\w./~%-]*$/, "a path such as /")
        .default("/")
        .describe("Path of a page that must exist"),
      name: hostName.optional().describe("Host name in the request. Default: the address"),
      certificateDays: certificateDays.prefault({}).describe("The site's certificate"),
    })
    .prefault({})
    .describe("Checks of the web site through its floating addresses"),
});

/** Valid variables of the role. */
export type Vars = z.infer<typeof vars>;
