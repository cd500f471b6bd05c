/**
 * Shell text that makes a local apt repository of tiny packages on a host, with nothing but dpkg-deb: two versions of
 * one package, a daemon, what depends, conflicts, provides, and one whose configuration fails while /run/law-fail exists.
 */
export const localRepository = String.raw`
mkdir -p /srv/law/repo /srv/law/build /etc/apt/sources.list.d
make() (
  name=$1 version=$2 fields=$3 script=$4
  folder=/srv/law/build/$name-$version
  rm -rf "$folder"; mkdir -p "$folder/DEBIAN" "$folder/etc"
  echo "$name $version" >"$folder/etc/$name.conf"; echo "/etc/$name.conf" >"$folder/DEBIAN/conffiles"
  printf 'Package: %s\nVersion: %s\nArchitecture: all\nMaintainer: Law <law@localhost>\nDescription: %s\n' "$name" "$version" "$name" >"$folder/DEBIAN/control"
  [ -z "$fields" ] || printf '%s\n' "$fields" >>"$folder/DEBIAN/control"
  if [ -n "$script" ]; then printf '#!/bin/sh\nset -e\n%s\n' "$script" >"$folder/DEBIAN/postinst"; chmod 755 "$folder/DEBIAN/postinst"; fi
  case $name in *daemon*)
    mkdir -p "$folder/lib/systemd/system"
    printf '[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=multi-user.target\n' >"$folder/lib/systemd/system/$name.service" ;;
  esac
  dpkg-deb --root-owner-group -b "$folder" "/srv/law/repo/$name.$version.deb" >/dev/null
)
start='systemctl daemon-reload; deb-systemd-helper enable NAME.service >/dev/null; deb-systemd-invoke start NAME.service'
make law-demo 1.0 'Recommends: law-extra' ''
make law-demo 2.0 'Recommends: law-extra' ''
make law-extra 1.0 '' ''
make law-dependent 1.0 'Depends: law-demo' ''
make law-provider 1.0 'Provides: law-virtual' ''
make law-rival 1.0 'Conflicts: law-extra' ''
make law-fragile 1.0 '' '[ ! -e /run/law-fail ]'
make law-slow-daemon 1.0 '' 'cp /usr/sbin/policy-rc.d /run/law-policy; touch /run/law-slow; while [ -e /run/law-slow ]; do sleep 0.1; done'
for daemon in law-daemon law-other-daemon; do make $daemon 1.0 '' "$(echo "$start" | sed "s/NAME/$daemon/g")"; done
cd /srv/law/repo
for deb in *.deb; do
  dpkg-deb -f "$deb"
  printf 'Filename: ./%s\nSize: %s\nSHA256: %s\n\n' "$deb" "$(stat -c %s "$deb")" "$(sha256sum "$deb" | cut -d ' ' -f 1)"
done >Packages
echo 'deb [trusted=yes] file:/srv/law/repo ./' >/etc/apt/sources.list.d/law.list
rm -f /var/lib/provision/apt-lists
`;
