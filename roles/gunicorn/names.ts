/**
 * Users and groups that the role must not change into the application's: those of Debian's base-passwd, of systemd, of
 * packages of the stack or other common packages, and the first users of images.
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

/** Beginnings of user names of systemd, packages and this project. */
const beginnings = /^(systemd|debian|provision|cloud|snapd?|nm|libvirt|gdm|sssd)-/;

/** Folders below /srv that other roles use. */
const folders: ReadonlySet<string> = new Set(["www", "site", "ftp", "git", "provision"]);

/** The reason why an application cannot have this name, if there is one. */
export function nameTaken(name: string): string | undefined {
  if (taken.has(name) || beginnings.test(name))
    return "the system or another daemon has a user or group of that name";
  return folders.has(name) ? `/srv/${name} belongs to another role or daemon` : undefined;
}
