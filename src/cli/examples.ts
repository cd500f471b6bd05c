/** What `provision --help` shows below its options. */
export const examples = `
The options most used with apply, plan and check (all of them: provision apply --help):
  -i, --inventory <path>   an inventory file or folder
  -l, --limit <pattern>    only these hosts
  -D, --diff               show what changes inside files
  -o, --output <format>    pretty, plain or json; check: also nagios

Examples:
  provision --inventory inventories/lab.yml      make every host what the inventory says
  provision -i prod.yml --report run.html        the same, and leaves a page of what it did, with a timeline
  provision plan -i prod.yml --diff              what would change, with diffs; nothing is touched
  provision check -i prod.yml -l web             who left the desired state: the host or the inventory?
  provision explain -i prod.yml                  how every tier is redundant; single points of failure
  provision diagram -i prod.yml -o stack.svg     the stack, drawn (.svg, .html, .mmd)
  provision diagram -i prod.yml --live -o stack.html   the same page with what is seen on every host
  provision inventory -i prod.yml --graph        what was read, as a tree
  provision lab up -i inventories/lab.yml        test hosts on this machine
  provision init my-stack                        a project of your own, ready to be started here

Exit codes: 0 nothing to do, or all done · 1 something failed · 2 plan or check found changes, explain a flaw
            3 bad input, nothing was contacted · 4 some hosts unreachable, the rest done`;
