// `npm run test:vm`: a virtual machine by Vagrant and libvirt, with a kernel of its own, and a real reboot; and a database whose
// hosts lose their power. The machine's processor is emulated, so that it runs where no hypervisor may: minutes, which is why
// `npm test` goes without it.
import {
  buildIfStale,
  fail,
  installDebianPackages,
  installNodePackages,
  isLinuxRoot,
  labPackages,
  run,
} from "./setup.mjs";

if (!isLinuxRoot) fail("the virtual machine needs Linux and root");
installNodePackages();
installDebianPackages([
  ...labPackages,
  "dnsmasq-base",
  "e2fsprogs",
  "fdisk",
  "grub-common",
  "grub-pc-bin",
  "iptables",
  "libvirt-clients",
  "libvirt-daemon-system",
  "python3-pymysql",
  "qemu-system-x86",
  "qemu-utils",
  "vagrant",
  "vagrant-libvirt",
]);
buildIfStale();
run("npx", ["vitest", "run", "--project", "vm"]);
