import { byDefault, type Completed, type CompletedCommand, findNames } from "./table.ts";

/** A word in single quotes, as fish reads it. */
const quoted = (text: string): string => `'${text.replaceAll(/[\\']/g, String.raw`\$&`)}'`;

/** How a command is named where the name of the program itself would be empty. */
const nameOf = (path: string): string => quoted(path === "" ? "provision" : path);

/** The script that fish is to read. */
export function fishCompletion(commands: readonly CompletedCommand[]): string {
  const paths = commands.map(({ path }) => path).filter((path) => path !== "");
  return `# fish completion of provision:  provision completion fish > ~/.config/fish/completions/provision.fish

# The command of the line; \`provision\` where none was named yet.
function __provision_command
    set -l command
    for word in (commandline -opc)[2..-1]
        switch (string join -- ' ' $command $word)
            case ${paths.map(quoted).join(" ")}
                set -a command $word
            case '*'
                set -q command[1]; or set command ${byDefault}
                break
        end
    end
    set -q command[1]; or set command provision
    string join -- ' ' $command
end

function __provision_at
    contains -- (__provision_command) $argv
end

# Names of the inventories that stand on the line, with what stands before the last name of a pattern.
function __provision_names
    set -l words (commandline -opc)
    set -l inventories
    for index in (seq (count $words))
        switch $words[$index]
            case -i --inventory
                set -a inventories -i $words[(math $index + 1)]
            case '--inventory=*'
                set -a inventories $words[$index]
        end
    end
    set -q inventories[1]; or return
    set -l begin (commandline -ct | string replace -r '^--[^=]*=' '' | string replace -r '^["\\']' '' | string match -r '^.*[:,][!&]?|^[!&]')
    for name in ($words[1] inventory $inventories --graph 2>/dev/null | sed -n $argv | sort -u)
        echo "$begin$name"
    end
end

function __provision_lab
    set -l words (commandline -opc)
    $words[1] lab status 2>/dev/null | sed -n ${quoted(findNames.lab)}
end

complete -c provision -f
${[...commandLines(commands), ...argumentLines(commands), ...optionLines(commands)].join("\n")}
`;
}

function commandLines(commands: readonly CompletedCommand[]): readonly string[] {
  return commands.flatMap(({ path, commands: below }) =>
    below.map(({ name, summary }) => line([path], `-a ${name}`, summary)),
  );
}

function argumentLines(commands: readonly CompletedCommand[]): readonly string[] {
  return commands.flatMap(({ path, argument }) =>
    argument === undefined || argument.from === "anything" ? [] : [line([path], valueText(argument), "")],
  );
}

/** An option that several commands have alike is said once. */
function optionLines(commands: readonly CompletedCommand[]): readonly string[] {
  const places = new Map<
    string,
    { readonly what: string; readonly summary: string; readonly paths: string[] }
  >();
  for (const { path, options } of commands)
    for (const { flags, summary, value } of options) {
      const names = flags.map((flag) =>
        flag.startsWith("--") ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`,
      );
      const what = [...names, ...(value === undefined ? [] : [valueText(value)])].join(" ");
      const place = places.get(`${what} ${summary}`) ?? { what, summary, paths: [] };
      place.paths.push(path);
      places.set(`${what} ${summary}`, place);
    }
  return [...places.values()].map(({ what, summary, paths }) => line(paths, what, summary));
}

function line(paths: readonly string[], what: string, summary: string): string {
  const at = quoted(`__provision_at ${paths.map(nameOf).join(" ")}`);
  return `complete -c provision -n ${at} ${what}${summary === "" ? "" : ` -d ${quoted(summary)}`}`;
}

function valueText(value: Completed): string {
  const found = (...programs: readonly string[]): string =>
    `-x -a ${quoted(`(__provision_names ${programs.map((program) => `-e ${quoted(program)}`).join(" ")})`)}`;
  switch (value.from) {
    case "choices":
      return `-x -a ${quoted(value.choices.join(" "))}`;
    case "files":
      return "-r -F";
    case "hosts":
      return found(findNames.hosts);
    case "groups":
      return found(findNames.groups);
    case "names":
      return found(findNames.hosts, findNames.groups);
    case "lab":
      return "-x -a '(__provision_lab)'";
    case "anything":
      return "-x";
  }
}
