import { z } from "zod";

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
      "TCP port of its pages, by HTTPS. Another one where a web server or balancer runs on the same host",
    ),
  networks: z
    .array(network)
    .default([])
    .describe("Who may see its pages, with the password. Default: nobody but the host itself"),
  interval: z
    .int()
    .min(2)
    .max(3600)
    .default(30)
    .describe(
      "Seconds between two checks of the same thing; five times as long for what changes slowly, such as disks",
    ),
  retry: z
    .int()
    .min(1)
    .max(600)
    .default(5)
    .describe("Seconds until a check is repeated that has just failed"),
  attempts: z
    .int()
    .min(1)
    .max(20)
    .default(3)
    .describe("So many checks in a row must fail before anybody is told"),
  webhook: z
    .string()
    .regex(/^https?:\/\/[^\s"\\]+$/, "a URL that begins with http:// or https://")
    .optional()
    .describe("URL to which each alert is sent: POST of a JSON object with `text` and the single facts"),
  mail: z
    .strictObject({
      to: z.array(mailAddress).min(1).describe("Who gets the alerts"),
      from: mailAddress.describe("Whom they are from"),
      smarthost: hostName.describe(
        "Mail server that takes them. Ignored where another mail program is installed",
      ),
      port: z.int().min(1).max(65535).default(25).describe("Its TCP port"),
      tls: z.boolean().default(false).describe("By STARTTLS, with a certificate that the host trusts"),
    })
    .optional()
    .describe("Alerts by mail"),
  site: z
    .strictObject({
      path: z
        .string()
        .regex(/^\/[\w./~%-]*$/, "a path such as /")
        .default("/")
        .describe("Page that must be there"),
      name: hostName.optional().describe("Host name in the request. Default: the address"),
      certificateDays: z
        .strictObject({
          warning: z.int().min(1).max(36_500).default(21).describe("Warns when it is valid for fewer days"),
          critical: z
            .int()
            .min(1)
            .max(36_500)
            .default(7)
            .describe("Critical when it is valid for fewer days"),
        })
        .refine(({ warning, critical }) => critical <= warning, "`critical` must not be above `warning`")
        .prefault({})
        .describe("Its certificate"),
    })
    .prefault({})
    .describe("What is asked of the web site through its floating addresses"),
});

/** What `vars` lets through. */
export type Vars = z.infer<typeof vars>;
