import {
  byDefault,
  type Completed,
  type CompletedCommand,
  type CompletedOption,
  findNames,
  quoted,
} from "./table.ts";

/** The completion script for zsh: a file `_provision` in the function path, or evaluated after `compinit`. */
export function zshCompletion(commands: readonly CompletedCommand[]): string {
  const below = commands.filter(({ path }) => path !== "");
  return `#compdef provision
# zsh completion of provision. For every new shell, add to ~/.zshrc after compinit:  eval "$(provision completion zsh)"

${namesFunctions}
_provision() {
  local provision=$words[1] command=''
  while (( CURRENT > 2 )); do
    case "$command $words[2]" in
      ${below.map(({ path }) => quoted(path.includes(" ") ? path : ` ${path}`)).join(" | ")})
        command=\${command:+$command }$words[2]
        shift words
        (( CURRENT-- ))
        ;;
      *) break ;;
    esac
  done
  (( CURRENT > 2 )) && command=\${command:-${byDefault}}
  case $command in
${commands.map(branch).join("\n")}
  esac
}

compdef _provision provision
`;
}

const namesFunctions = `# Names of the inventories of the line.
_provision_names() {
  local -a inventories found
  local index
  for (( index = 1; index < CURRENT; index++ )); do
    case $words[index] in
      -i | --inventory) inventories+=(-i \${(Q)words[index + 1]}) ;;
      --inventory=*) inventories+=(\${(Q)words[index]}) ;;
    esac
  done
  (( $#inventories )) || return 1
  found=(\${(fu)"$($provision inventory $inventories --graph 2>/dev/null | sed -n "$@")"})
  compadd "\${(@)added}" -a found
}

_provision_hosts() { local -a added; _provision_names ${findNames.hosts} }

_provision_groups() { local -a added; _provision_names ${findNames.groups} }

# A pattern has several names, each with an optional sign.
_provision_pattern() {
  local -a added=(-S '')
  compset -P '*[:,]'
  compset -P '(\\!|&)'
  _provision_names ${findNames.names}
}

_provision_lab() {
  local -a found
  found=(\${(f)"$($provision lab status 2>/dev/null | sed -n ${findNames.lab})"})
  compadd -a found
}
`;

function branch(command: CompletedCommand): string {
  const specs = [...command.options.flatMap(optionSpecs), ...argumentSpecs(command)];
  return `    ${quoted(command.path)}) _arguments -s -S \\
${specs.map((spec) => `      ${quoted(spec)}`).join(" \\\n")} ;;`;
}

/** A specification for each spelling. zsh does not offer an option again unless it may be repeated. */
function optionSpecs({ flags, summary, repeated, value }: CompletedOption): readonly string[] {
  return flags.map((flag) => {
    const first = repeated ? "*" : flags.length > 1 ? `(${flags.join(" ")})` : "";
    const name = value !== undefined && flag.startsWith("--") ? `${flag}=` : flag;
    return `${first}${name}[${summary.replaceAll(/[[\]:\\]/g, String.raw`\$&`)}]${value === undefined ? "" : `:value:${action(value)}`}`;
  });
}

function argumentSpecs({ commands, argument }: CompletedCommand): readonly string[] {
  if (commands.length > 0) {
    const list = commands
      .map(({ name, summary }) => `${name}\\:"${summary.replaceAll(/["$`\\]/g, String.raw`\$&`)}"`)
      .join(" ");
    return [`1:command:((${list}))`];
  }
  return argument === undefined ? [] : [`1:argument:${action(argument)}`];
}

function action(value: Completed): string {
  switch (value.from) {
    case "choices":
      return `(${value.choices.join(" ")})`;
    case "files":
      return "_files";
    case "names":
      return "_provision_pattern";
    case "anything":
      return " ";
    default:
      return `_provision_${value.from}`;
  }
}
