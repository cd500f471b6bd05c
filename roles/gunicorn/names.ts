/**
 * Users and groups that belong to somebody else, and would be changed into the application's: those of Debian's base-passwd,
 * of systemd, of the packages that a stack installs or that are common beside it, and the first users of images.
 */
const taken: ReadonlySet<string> = new Set(
  [
    "root daemon bin sys sync games man lp mail news uucp proxy www-data backup list irc nobody nogroup adm tty disk kmem",
    "dialout fax voice cdrom floppy tape sudo audio dip operator src shadow utmp video sasl plugdev staff users wheel admin",
    "input sgx kvm render netdev crontab ssl-cert ssh sshd messagebus dbus polkitd uuidd tss syslog rtkit lxd docker libvirt",
    "haproxy keepalived nginx apache gunicorn memcache memcached mysql mariadb postgres redis valkey etcd nagios nrpe snmp",
    "munin zabbix prometheus grafana chrony ntp ntpsec dnsmasq bind unbound postfix postdrop opendkim dovecot vmail exim",
    "rabbitmq elasticsearch mongodb varnish vcache tomcat jenkins gitlab-runner varlog pcscd landscape fwupd-refresh",
    "provision debian ubuntu vagrant ansible ec2-user cloud-user cloudsdk",
  ].flatMap((line) => line.split(" ")),
);

/** Beginnings of names that systemd, packages and this project give to users of theirs. */
const beginnings = /^(systemd|debian|provision|cloud|snapd?|nm|libvirt|gdm|sssd)-/;

/** Folders below /srv that other roles keep their files in. */
const folders: ReadonlySet<string> = new Set(["www", "site", "ftp", "git", "provision"]);

/** Why an application cannot have this name, if it cannot. */
export function nameTaken(name: string): string | undefined {
  if (taken.has(name) || beginnings.test(name))
    return "a user or group of that name belongs to the system or to another daemon";
  return folders.has(name) ? `/srv/${name} is a folder of another role or daemon` : undefined;
}
