import { byDefault, type Completed, type CompletedCommand, findNames, quoted } from "./table.ts";

/** The completion script for bash 3.2 and later, without other packages. */
export function bashCompletion(commands: readonly CompletedCommand[]): string {
  const paths = commands.map(({ path }) => path).filter((path) => path !== "");
  return `# bash completion of provision. For every new shell, add to ~/.bashrc:  eval "$(provision completion bash)"

__provision_is_command() {
  case $1 in ${paths.map(quoted).join(" | ")}) ;; *) return 1 ;; esac
}

${answers(
  "commands",
  commands.map((one) => [[one.path], one.commands.map(({ name }) => name).join(" ")]),
)}
${answers(
  "options",
  commands.map(({ path, options }) => [[path], options.flatMap(({ flags }) => flags).join(" ")]),
)}
# Candidates for the value of an option.
${answers(
  "value",
  commands.flatMap(({ path, options }) =>
    options.map(({ flags, value }) => [flags.map((flag) => `${path} ${flag}`), valueText(value)] as const),
  ),
)}
# Candidates for the argument of a command.
${answers(
  "argument",
  commands.map(({ path, argument }) => [[path], valueText(argument)]),
)}
${namesFunction}
${mainFunction}
complete -F _provision provision
`;
}

/** A shell function that maps words to a text; nothing for other words. */
function answers(
  name: string,
  cases: readonly (readonly [words: readonly string[], text: string])[],
): string {
  const lines = cases
    .filter(([, text]) => text !== "")
    .map(([words, text]) => `    ${words.map(quoted).join(" | ")}) echo ${quoted(text)} ;;\n`);
  return `__provision_${name}() {\n  case $1 in\n${lines.join("")}  esac\n}\n`;
}

const valueText = (value: Completed | undefined): string =>
  value?.from === "choices" ? `choices ${value.choices.join(" ")}` : (value?.from ?? "");

const namesFunction = `# Names of the inventories of the line.
__provision_names() {
  [ \${#inventories[@]} -gt 0 ] || return
  "\${words[0]}" inventory "\${inventories[@]}" --graph 2>/dev/null | sed -n "$@" | sort -u
}

# Candidates for VALUE, a line each.
__provision_words() {
  case $1 in
    choices\\ *) tr ' ' '\\n' <<<"\${1#choices }" ;;
    files) compgen -f -- "\${current#"$begin"}" ;;
    hosts) __provision_names ${findNames.hosts} ;;
    groups) __provision_names ${findNames.groups} ;;
    names) __provision_names ${findNames.names} ;;
    lab) "\${words[0]}" lab status 2>/dev/null | sed -n ${findNames.lab} ;;
  esac
}
`;

const mainFunction = `_provision() {
  local line=\${COMP_LINE:0:COMP_POINT} current='' command='' word option='' value='' begin='' started='' split='' last
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
    elif [ -z "$started" ] && __provision_is_command "\${command:+$command }$word"; then
      command=\${command:+$command }$word
    else
      started=1 command=\${command:-${byDefault}} option=$word
      case $word in
        --inventory=*) inventories+=("$word") ;;
        -*) value=$(__provision_value "$command $word") ;;
      esac
    fi
  done
  # The shell removes an open quote; the rest is one word.
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
  # A pattern has several names, each with an optional sign.
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
  # For readline a word starts after = and :, and readline replaces only that part.
  [ -z "$split" ] || COMPREPLY=("\${COMPREPLY[@]#"\${current%"\${current##*[=:]}"}"}")
}
`;
