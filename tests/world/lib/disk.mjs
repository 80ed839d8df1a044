// SPDX-License-Identifier: Apache-2.0
// A small disk of its own that a test fills up: a tmpfs where we may mount.
import { existsSync, mkdirSync, statfsSync, unlinkSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

export class SmallDisk {
  /** Mounts `mb` megabytes at `dir`; `this.mounted` says whether it may. */
  constructor(dir, mb) {
    this.dir = dir;
    mkdirSync(dir, { recursive: true });
    this.mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${mb}m,mode=755`, 'kofu-test', dir]).status === 0;
  }

  fill() {
    const { bavail, bsize } = statfsSync(this.dir);
    spawnSync('dd', ['if=/dev/zero', `of=${join(this.dir, 'ballast')}`, `bs=${bsize}`, `count=${bavail + 16}`, 'status=none']);
  }

  free() {
    if (existsSync(join(this.dir, 'ballast'))) unlinkSync(join(this.dir, 'ballast'));
  }

  end() {
    if (this.mounted) spawnSync('umount', ['-l', this.dir]);
    this.mounted = false;
  }
}

/** What stands in for it where nothing may be mounted: no file of these processes grows beyond `limit` bytes. */
export function fileSizes(pids, limit) {
  for (const pid of pids) spawnSync('prlimit', ['--pid', String(pid), `--fsize=${limit}:unlimited`]);
}
