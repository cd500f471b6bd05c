import { execFileSync } from "node:child_process";
import { closeSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { box, inTree } from "../lab/fixtures/vagrant-box.ts";

/** Gigabytes of the machine's disk; the image holds what is used only. */
const DISK = 3;

/** The partition begins where every partitioning program begins one: between it and the table is room for the loader. */
const FIRST_SECTOR = 2048;

/** A kernel made for virtual machines, its first disk by the name of its file system, and an address for the first network. */
const INSIDE = `set -eu
export DEBIAN_FRONTEND=noninteractive
apt-get -qq -y --no-install-recommends install linux-image-cloud-amd64 initramfs-tools >/dev/null
rm -f /var/cache/apt/archives/*.deb
echo 'LABEL=root / ext4 defaults 0 1' > /etc/fstab
printf '[Match]\\nName=en* eth*\\n[Network]\\nDHCP=yes\\n' > /etc/systemd/network/90-first.network
mkdir -p /boot/grub
cat > /boot/grub/grub.cfg <<END
linux $(echo /boot/vmlinuz-*) root=LABEL=root ro console=ttyS0 net.ifnames=0
initrd $(echo /boot/initrd.img-*)
boot
END
`;

/** Run by the loader before it knows of any file. */
const LOADER = ["biosdisk", "part_msdos", "ext2", "normal", "linux", "configfile", "serial"];

/** A box of a virtual machine for libvirt, with its own kernel and boot loader. */
export const vmBox = (): Promise<string> =>
  box({
    kind: "libvirt",
    parts: [INSIDE, LOADER.join(), String(DISK)],
    make: (rootfs, folder) => {
      inTree(rootfs, INSIDE);
      const disk = join(folder, "disk.raw");
      makeDisk(rootfs, disk);
      loadFrom(disk, folder);
      execFileSync("qemu-img", ["convert", "-O", "qcow2", disk, join(folder, "box.img")]);
      rmSync(disk);
      const metadata = { provider: "libvirt", format: "qcow2", virtual_size: DISK };
      writeFileSync(join(folder, "metadata.json"), JSON.stringify(metadata));
    },
  });

/** One partition with one file system that holds the tree; nothing is mounted for it. */
function makeDisk(rootfs: string, disk: string): void {
  execFileSync("truncate", ["-s", `${DISK}G`, disk]);
  execFileSync("sfdisk", ["--quiet", disk], {
    input: `label: dos\nstart=${FIRST_SECTOR}, type=83, bootable\n`,
  });
  const size = `${(DISK * 1024 ** 3) / 1024 - FIRST_SECTOR / 2}k`;
  const offset = `offset=${FIRST_SECTOR * 512}`;
  // Not the newest features of ext4: the loader has to read it.
  const features = ["-O", "^metadata_csum_seed,^orphan_file", "-E", offset, "-L", "root"];
  execFileSync("mke2fs", ["-q", "-t", "ext4", ...features, "-d", rootfs, disk, size]);
}

/** Writes the boot loader where a disk of the old sort has it: its first part before the partition table, the rest behind. */
function loadFrom(disk: string, folder: string): void {
  const core = join(folder, "core.img");
  const prefix = ["-p", "(hd0,msdos1)/boot/grub"];
  execFileSync("grub-mkimage", ["-O", "i386-pc", "-o", core, ...prefix, ...LOADER]);
  const file = openSync(disk, "r+");
  try {
    writeSync(file, readFileSync("/usr/lib/grub/i386-pc/boot.img"), 0, 440, 0);
    writeSync(file, readFileSync(core), 0, undefined, 512);
  } finally {
    closeSync(file);
    rmSync(core);
  }
}
