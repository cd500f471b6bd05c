import { byDefault, type Completed, type CompletedCommand, findNames, quoted } from "./table.ts";

/** The script that bash is to read. Works with bash 3.2 and later, and needs nothing else. */
export function bashCompletion(commands: readonly CompletedCommand[]): string {
  const paths = commands.map(({ path }) => path).filter((path) => path !== "");
  return `# bash completion of provision. For every shell to come, add to ~/.bashrc:  eval "$(provision completion bash)"

__provision_is_command() {
  case $1 in ${paths.map(quoted).join(" | ")}) ;; *) return 1 ;; esac
}

__provision_commands() {
  case $1 in
${branches(
  commands.filter((one) => one.commands.length > 0),
  ({ commands: below }) => below.map(({ name }) => name).join(" "),
)}
  esac
}

__provision_options() {
  case $1 in
${branches(commands, ({ options }) => options.flatMap(({ flags }) => flags).join(" "))}
  esac
}

# What follows an option of a command.
__provision_value() {
  case $1 in
${values(commands)}
  esac
}

# What a command's own argument may be.
__provision_argument() {
  case $1 in
${commands.flatMap(({ path, argument }) => (argument ? [`    ${quoted(path)}) echo ${quoted(valueText(argument))} ;;`] : [])).join("\n")}
  esac
}

${namesFunction}
${mainFunction}
complete -F _provision provision
`;
}

function branches(
  commands: readonly CompletedCommand[],
  words: (command: CompletedCommand) => string,
): string {
  return commands
    .map((command) => `    ${quoted(command.path)}) echo ${quoted(words(command))} ;;`)
    .join("\n");
}

/** One line for each thing that may follow, with all the options that it may follow. */
function values(commands: readonly CompletedCommand[]): string {
  const places = new Map<string, string[]>();
  for (const { path, options } of commands)
    for (const { flags, value } of options) {
      if (value === undefined) continue;
      const text = valueText(value);
      places.set(text, [...(places.get(text) ?? []), ...flags.map((flag) => quoted(`${path} ${flag}`))]);
    }
  return [...places].map(([text, all]) => `    ${all.join(" | ")}) echo ${quoted(text)} ;;`).join("\n");
}

const valueText = (value: Completed): string =>
  value.from === "choices" ? `choices ${value.choices.join(" ")}` : value.from;

const namesFunction = `# Names of the inventories that stand on the line.
__provision_names() {
  [ \${#inventories[@]} -gt 0 ] || return
  "\${words[0]}" inventory "\${inventories[@]}" --graph 2>/dev/null | sed -n "$@" | sort -u
}

# One line a word that may stand where VALUE is wanted.
__provision_words() {
  case $1 in
    choices\\ *) tr ' ' '\\n' <<<"\${1#choices }" ;;
    files) compgen -f -- "\${current#"$begin"}" ;;
    hosts) __provision_names -e ${quoted(findNames.hosts)} ;;
    groups) __provision_names -e ${quoted(findNames.groups)} ;;
    names) __provision_names -e ${quoted(findNames.hosts)} -e ${quoted(findNames.groups)} ;;
    lab) "\${words[0]}" lab status 2>/dev/null | sed -n ${quoted(findNames.lab)} ;;
  esac
}
`;

const mainFunction = `_provision() {
  local line=\${COMP_LINE:0:COMP_POINT} current='' command='' word option='' value='' begin='' begun='' split='' last
  local -a words inventories=()
  COMPREPLY=()
  read -ra words <<<"$line"
  last=$((\${#words[@]} - 1))
  case $line in
    *[[:space:]]) ;;
    *) current=\${words[last]} && unset "words[last]" ;;
  esac
  for word in "\${words[@]:1}"; do
    if [ -n "$value" ]; then
      case $option in -i | --inventory) inventories+=(-i "$word") ;; esac
      value=''
    elif [ -z "$begun" ] && __provision_is_command "\${command:+$command }$word"; then
      command=\${command:+$command }$word
    else
      begun=1 command=\${command:-${byDefault}} option=$word
      case $word in
        --inventory=*) inventories+=("$word") ;;
        -*) value=$(__provision_value "$command $word") ;;
      esac
    fi
  done
  # A quote that is still open is the shell's, and what is in it is one word to it.
  case $current in
    [\\'\\"]*) current=\${current#?} ;;
    *[=:]*) [[ $COMP_WORDBREAKS == *[=:]* ]] && split=1 ;;
  esac
  case $value$current in
    --*=*) begin=\${current%%=*}= value=$(__provision_value "\${command:-${byDefault}} \${current%%=*}") ;;
    -*) value="choices $(__provision_options "$command")" ;;
    *)
      if [ -z "$value" ]; then
        value="choices $(__provision_commands "$command")"
        [ "$value" != 'choices ' ] || value=$(__provision_argument "$command")
      fi
      ;;
  esac
  [ "$value" != files ] || compopt -o filenames 2>/dev/null
  # A pattern has several names, each perhaps with a sign before it.
  if [ "$value" = names ]; then
    local rest=\${current#"$begin"}
    rest=\${rest##*[:,]}
    begin=\${current%"$rest"}
    case $rest in [\\!\\&]*) begin+=\${rest:0:1} ;; esac
    compopt -o nospace 2>/dev/null
  fi
  while read -r word; do
    [[ $begin$word != "$current"* ]] || COMPREPLY+=("$begin$word")
  done < <(__provision_words "$value")
  # To readline a word begins behind = and :, and it puts back only what is behind them.
  [ -z "$split" ] || COMPREPLY=("\${COMPREPLY[@]#"\${current%"\${current##*[=:]}"}"}")
}
`;
