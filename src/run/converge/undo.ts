import { createHash } from "node:crypto";
import type { Confirmation, ResourceId } from "../../model/resource.ts";
import type { Script } from "../../model/script.ts";
import { leaveMark, settle } from "../../resources/mark.ts";
import { raw, sh } from "../../script/script.ts";

/** Seconds until a host takes back what nobody has confirmed, unless the resource says otherwise. */
export const defaultUndoSeconds = 30;

/** Exit codes of `awaitUndo`, beside 0: the host is back where it was. */
export const undoCodes = { confirmed: 10, failed: 11, never: 12 } as const;

/** Exit code of `confirmUndo`: the host has begun to take the change back, and it is too late. */
export const tooLateCode = 13;

const nameOf = (id: ResourceId): string =>
  `provision-undo-${createHash("sha256").update(id).digest("hex").slice(0, 12)}`;

/** One folder for each pending undo. In /run, as is its timer: neither outlives a reboot. */
const folderOf = (id: ResourceId): string => `/run/provision-undo/${nameOf(id)}`;

/**
 * Notes which shell makes the change: its process, which leads the group of all that it starts, and when that began, as the
 * number may belong to another one later.
 */
const noteMaker = raw(`echo "$$ $(sed 's/.*) //' "/proc/$$/stat" | cut -d ' ' -f 20)" >maker`);

/**
 * What the timer starts. The rename decides between it and the confirmation: whoever finds `armed` has it, the other
 * finds nothing. A change that is still under way would be made again behind the undo's back, so it is ended first (KILL
 * after a second). The shell that leads its group stands still meanwhile, so that no later request is taken for the
 * change, and then tells how that went. The undo itself does not die with the connection when a later run calls it.
 */
export const undoRunner = String.raw`trap '' HUP INT TERM PIPE
folder=$(dirname -- "$0") && cd "$folder" || exit
mv armed claimed 2>/dev/null || exit 0
: >said
under_way() {
  cat /proc/[0-9]*/stat | sed -n "s/^\([0-9]*\) (.*) [^XZ] [0-9]* $leader .*/\1/p" | grep -vx "$leader"
}
if read -r leader born <maker && [ "$(sed 's/.*) //' "/proc/$leader/stat" | cut -d ' ' -f 20)" = "$born" ]; then
  kill -s STOP "$leader"
  turn=0
  while [ "$turn" -lt 50 ] && { rm maker || [ "$turn" -gt 0 ]; }; do
    left=$(under_way) || break
    [ "$turn" -gt 0 ] || echo "the change was still under way when its time was over, and was ended" >>said
    if [ "$turn" -lt 10 ]; then signal=TERM; else signal=KILL; fi
    for one in $left; do kill -s "$signal" "$one"; done
    turn=$((turn + 1))
    sleep 0.1
  done
  kill -s CONT "$leader"
fi 2>/dev/null
sh ./undo <saved >>said 2>&1
echo "$?" >ended.new && mv ended.new ended && rm -f saved
`;

/** Fifths of a second that an undo which has begun may take, until it counts as cut off. */
const undoFifths = 150;

/**
 * Waits in the undo's folder until the host has taken the change back. After so many fifths of a second it is done here, as
 * the timer was lost. An undo is safe to run again, so one that was cut off is. Whoever waits over the connection that made
 * the change makes it no more.
 */
const waitForUndo = (
  fifths: Script,
): Script => sh`if read -r leader _ <maker && [ "$leader" = $$ ]; then rm -f maker; fi 2>/dev/null
turn=0
until [ -e ended ]; do
  [ -e armed ] || [ -e claimed ] || exit ${undoCodes.confirmed}
  if [ "$turn" -ge ${fifths} ] && { [ -e armed ] || [ "$turn" -ge ${undoFifths} ]; }; then
    mv claimed armed 2>/dev/null
    sh ./run
    [ -e ended ] || exit ${undoCodes.never}
  fi
  turn=$((turn + 1))
  [ -e ended ] || sleep 0.2
done`;

/**
 * Has the host schedule its own undo, before anything is changed: keeps what `save` prints, starts a timer of systemd, which
 * needs no connection, and leaves a mark, so that what was not confirmed is due in the next run. What an earlier run has left
 * pending is taken back first. Exit code other than 0: nothing is scheduled, and nothing may be changed.
 */
export function armUndo(id: ResourceId, { save, undo, seconds = defaultUndoSeconds }: Confirmation): Script {
  const [name, folder] = [nameOf(id), folderOf(id)];
  return sh`(
umask 077
give_up() { systemctl stop ${`${name}.timer`} 2>/dev/null; cd / && rm -rf -- ${folder}; exit 1; }
if cd ${folder} 2>/dev/null; then
  if [ -e armed ] || { [ -e claimed ] && [ ! -e ended ]; }; then
    ( ${waitForUndo(raw("0"))} ) || exit
  fi
  cd / && rm -rf -- ${folder} || exit
fi
systemctl stop ${`${name}.timer`} ${`${name}.service`} 2>/dev/null
systemctl reset-failed ${`${name}.service`} 2>/dev/null
mkdir -p -- ${folder} && cd ${folder} || exit
printf '%s' ${undoRunner} >run || give_up
printf '%s\n' ${undo} >undo || give_up
sh -c ${save ?? ":"} </dev/null >saved || { echo "provision: what the undo needs could not be saved"; give_up; }
${noteMaker} || give_up
: >armed || give_up
systemd-run --quiet --collect --unit=${name} --description=${`Takes back ${id} unless it is confirmed`} \
  --on-active=${seconds} --timer-property=AccuracySec=100ms --property=Type=oneshot \
  /bin/sh ${`${folder}/run`} </dev/null || give_up
systemctl is-active --quiet ${`${name}.timer`} || give_up
( ${leaveMark(id, "reload")} ) || give_up
) 2>&1`;
}

/** For the connection that made the change: it is made. What runs there from now on is not ended when its time is over. */
export function endChange(id: ResourceId): Script {
  return sh`rm -f -- ${`${folderOf(id)}/maker`}`;
}

/** Cancels the undo, and with it the mark. For the new connection: that it arrives is the proof. */
export function confirmUndo(id: ResourceId): Script {
  const folder = folderOf(id);
  return settle(
    id,
    sh`cd ${folder} 2>/dev/null && mv armed confirmed 2>/dev/null || exit ${tooLateCode}
systemctl stop ${`${nameOf(id)}.timer`} 2>/dev/null
cd / && rm -rf -- ${folder}`,
  );
}

/**
 * Over the connection from before: waits until the host has taken the change back, and prints what the undo said. Ends with
 * 0 or one of `undoCodes`. `seconds`: until it is done here, should the host's timer not do it.
 */
export function awaitUndo(id: ResourceId, seconds: number): Script {
  const folder = folderOf(id);
  return sh`(
cd ${folder} 2>/dev/null || exit ${undoCodes.confirmed}
${waitForUndo(raw(String(Math.ceil(seconds * 5))))}
read -r code <ended
cat said
systemctl stop ${`${nameOf(id)}.timer`} 2>/dev/null
cd / && rm -rf -- ${folder}
[ "$code" = 0 ] || exit ${undoCodes.failed}
) 2>&1`;
}
