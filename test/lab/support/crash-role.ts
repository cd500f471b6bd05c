import type { Resource } from "../../../src/model/resource.ts";
import { file } from "../../../src/resources/file.ts";
import { unit } from "../../../src/resources/unit.ts";

/** A daemon that writes a line at each start and each reload, and remembers the config it has read. */
const service = `[Service]
Type=exec
ExecStart=/bin/sh -c 'cp /etc/crash.conf /run/crash.loaded; echo start >>/var/log/crash; exec sleep infinity'
ExecReload=/bin/sh -c 'cp /etc/crash.conf /run/crash.loaded; echo reload >>/var/log/crash'
[Install]
WantedBy=multi-user.target
`;

/** A config, its daemon, and something unrelated before and after. */
export function crashRole(text: string): readonly Resource[] {
  const code = file("/etc/systemd/system/crash.service", { content: service });
  const config = file("/etc/crash.conf", { content: `${text}\n` });
  return [
    file("/etc/crash-before", { content: `${text}\n` }),
    code,
    config,
    file("/etc/crash-after", { content: `${text}\n` }),
    unit("crash.service", { running: true, enabled: true, reloadOn: [config], restartOn: [code] }),
  ];
}
