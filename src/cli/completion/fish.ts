import { byDefault, type Completed, type CompletedCommand, findNames } from "./table.ts";

/** A word in single quotes, for fish. */
const quoted = (text: string): string => `'${text.replaceAll(/[\\']/g, String.raw`\$&`)}'`;

/** The completion script for fish. */
export function fishCompletion(commands: readonly CompletedCommand[]): string {
  const paths = commands.map(({ path }) => path).filter((path) => path !== "");
  return `# fish completion of provision:  provision completion fish > ~/.config/fish/completions/provision.fish

# The command of the line; \`provision\` if there is none yet.
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

${namesFunctions}
complete -c provision -f
${commands.flatMap(linesOf).join("\n")}
`;
}

const namesFunctions = `# Names of the inventories of the line, after the first part of a pattern.
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
    $words[1] lab status 2>/dev/null | sed -n ${findNames.lab}
end
`;

/** A line for each candidate after a command: commands below it, its argument, its options. */
function linesOf({ path, commands, argument, options }: CompletedCommand): readonly string[] {
  const at = quoted(`test (__provision_command) = ${quoted(path || "provision")}`);
  const line = (what: string, summary = ""): string =>
    `complete -c provision -n ${at} ${what}${summary === "" ? "" : ` -d ${quoted(summary)}`}`;
  return [
    ...commands.map(({ name, summary }) => line(`-a ${name}`, summary)),
    ...(argument === undefined || argument.from === "anything" ? [] : [line(valueText(argument))]),
    ...options.map(({ flags, summary, value }) => {
      const names = flags.map((flag) => flag.replace(/^-(?=[^-])/, "-s ").replace(/^--/, "-l "));
      return line([...names, ...(value === undefined ? [] : [valueText(value)])].join(" "), summary);
    }),
  ];
}

function valueText(value: Completed): string {
  switch (value.from) {
    case "choices":
      return `-x -a ${quoted(value.choices.join(" "))}`;
    case "files":
      return "-r -F";
    case "lab":
      return "-x -a '(__provision_lab)'";
    case "anything":
      return "-x";
    default:
      return `-x -a ${quoted(`(__provision_names ${findNames[value.from]})`)}`;
  }
}
