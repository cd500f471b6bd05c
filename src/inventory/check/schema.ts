import { z } from "zod";
import type { Json, JsonObject } from "../../model/json.ts";
import type { AnyRole } from "../../model/role.ts";
import { CONNECTION_VARIABLES } from "./connection.ts";
import { floorForEditors, takesFloor } from "./floor.ts";

const text = (description: string): JsonObject => ({ type: ["string", "number"], description });
const truth = (description: string): JsonObject => ({ type: ["boolean", "string"], description });

/** Descriptions of connection variables, for editors. */
const meanings: Readonly<Record<string, JsonObject>> = {
  ansible_host: text(
    "Address of the host, or a name that this machine can look up. Default: its name in the inventory",
  ),
  ansible_port: text("Port of its sshd. Default: from ~/.ssh/config, else 22"),
  ansible_user: text(
    "User of the login: root, or a user with sudo. Default: from ~/.ssh/config, else your own name",
  ),
  ansible_password: text("Password of the login. A key is better"),
  ansible_ssh_private_key_file: text("Key of the login. Default: ssh-agent, and the keys in ~/.ssh"),
  ansible_ssh_args: text("Options for ssh, before the common ones"),
  ansible_ssh_common_args: text("More options for ssh, such as `-o ProxyJump=bastion`"),
  ansible_ssh_extra_args: text("More options for ssh, after the common ones"),
  ansible_connection: text("`ssh`, or `local`: the machine that `provision` runs on"),
  ansible_become: truth("Become root by sudo after the login"),
  ansible_become_method: text("How to become root: sudo"),
  ansible_become_user: text("User to become: root"),
  ansible_become_password: text("Password that sudo asks for; as a `!secret`, or at the terminal with -K"),
};

/** Ansible's older names. */
const olderNames: Readonly<Record<string, string>> = {
  ansible_ssh_host: "ansible_host",
  ansible_ssh_port: "ansible_port",
  ansible_ssh_user: "ansible_user",
  ansible_ssh_pass: "ansible_password",
  ansible_ssh_password: "ansible_password",
  ansible_private_key_file: "ansible_ssh_private_key_file",
  ansible_become_pass: "ansible_become_password",
  ansible_sudo_pass: "ansible_become_password",
  ansible_sudo_user: "ansible_become_user",
};

/** Any value may also be a reference to another variable, or encrypted. */
const reference: JsonObject = { type: "string", pattern: "\\{\\{|BEGIN AGE ENCRYPTED FILE|\\$ANSIBLE_VAULT" };

/**
 * The JSON Schema (draft 7, for editors) of inventories with these roles: known names with a description, and each role's
 * variables from its own schema. Other variables may have any value.
 */
export function inventorySchema(roles: ReadonlyMap<string, AnyRole>): JsonObject {
  const members = (of: string): JsonObject => ({
    type: ["object", "null"],
    additionalProperties: { $ref: `#/definitions/${of}` },
  });
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "An inventory of provision",
    type: "object",
    additionalProperties: { $ref: "#/definitions/group" },
    definitions: {
      group: {
        type: ["object", "null"],
        additionalProperties: false,
        properties: {
          hosts: {
            ...members("variables"),
            type: ["object", "string", "null"],
            description: "Hosts of the group, by name; `web[01:20]` is twenty",
          },
          children: { ...members("group"), description: "Groups inside this one" },
          vars: { $ref: "#/definitions/variables", description: "Variables of all hosts of the group" },
        },
      },
      variables: { type: ["object", "null"], properties: variables(roles) },
      reference,
      ...Object.fromEntries([...roles].map(([name, role]) => [`role-${name}`, roleSchema(role)])),
    },
  };
}

const lab: JsonObject = {
  description: "The host that `provision lab up` creates",
  type: ["object", "null"],
  additionalProperties: false,
  properties: {
    suite: { type: "string", description: "Its Debian release: bookworm, trixie" },
    packages: { description: "Only systemd and sshd", const: "minimal" },
  },
};

function variables(roles: ReadonlyMap<string, AnyRole>): JsonObject {
  const played = [...roles.values()].map(({ name, summary }) => ({ const: name, description: summary }));
  const connection = [...CONNECTION_VARIABLES].map((name): readonly [string, Json] => {
    const known = olderNames[name] ?? name;
    return [name, known === name ? (meanings[name] ?? {}) : text(`An older name of ${known}`)];
  });
  const own = [...roles.values()].map(({ name, summary }): readonly [string, Json] => [
    name,
    {
      description: summary,
      anyOf: [{ $ref: `#/definitions/role-${name}` }, { $ref: "#/definitions/reference" }],
    },
  ]);
  return {
    roles: {
      description: "The roles of a host. The value of the innermost group, or of the host itself, wins",
      anyOf: [
        { type: "array", uniqueItems: true, items: { anyOf: [...played, reference] } },
        { $ref: "#/definitions/reference" },
        { type: "null" },
      ],
    },
    address: text("Address for other hosts, if not `ansible_host`"),
    lab,
    hypervisor: text("The machine of this virtual host: `explain` finds members that would fail together"),
    rack: text("The rack of the machine: `explain` finds members that would fail together"),
    ansible_group_priority: {
      type: ["integer", "string"],
      description: "Among groups of the same depth, the variables of the one with the higher number win",
    },
    ...Object.fromEntries(connection),
    ...Object.fromEntries(own),
  };
}

/** The variables of a role, and the floor of its services; any value if zod does not know the schema. */
function roleSchema(role: AnyRole): JsonObject {
  if (!(role.vars instanceof z.ZodType)) return { type: "object" };
  const own = editorSchema(role.vars);
  if (!takesFloor(role)) return own;
  const { anyOf, description = "" } = floorForEditors;
  const choices = [...(Array.isArray(anyOf) ? anyOf : []), { $ref: "#/definitions/reference" }];
  return { ...own, properties: { ...objectIn(own.properties), floor: { anyOf: choices, description } } };
}

const objectIn = (value: Json | undefined): JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};

function editorSchema(vars: z.ZodType): JsonObject {
  const {
    $schema: _,
    "~standard": __,
    ...schema
  } = z.toJSONSchema(vars, {
    target: "draft-7",
    io: "input",
    unrepresentable: "any",
    override: ({ jsonSchema, path }) => {
      if (path.length === 0 || !isNarrow(jsonSchema)) return;
      const { description: ___, default: ____, ...rest } = jsonSchema;
      for (const name of Object.keys(rest)) Reflect.deleteProperty(jsonSchema, name);
      jsonSchema.anyOf = [rest, { $ref: "#/definitions/reference" }];
    },
  });
  return JSON.parse(JSON.stringify(schema)) as JsonObject;
}

/** The schema does not accept every text, so allow a reference beside it. */
function isNarrow(schema: { readonly type?: unknown }): boolean {
  const narrowing = /^(?:pattern|format|enum|const|minLength|maxLength)$/;
  return (
    typeof schema.type === "string" &&
    (schema.type !== "string" || Object.keys(schema).some((name) => narrowing.test(name)))
  );
}
