import { expect, test } from 'vitest';
import { memoryKills } from './memory-kills.ts';

const from = (files: Record<string, string>) => memoryKills((path) => files[path] ?? null);
const vmstat = 'nr_free_pages 12\noom_kill 7\nthp_split 0\n';

test('counts those of the own cgroup, wherever that is seen', () => {
  const events = 'low 0\nhigh 0\nmax 31\noom 2\noom_kill 2\noom_group_kill 0\n';
  const member = { '/proc/self/cgroup': '0::/system.slice/ddad.service\n', '/proc/vmstat': vmstat };
  expect(from({ ...member, '/sys/fs/cgroup/system.slice/ddad.service/memory.events': events })).toEqual({
    of: 'cgroup',
    count: 2,
  });
  // In a container without a namespace of its own the path is the host's, and the files are at the root.
  expect(from({ ...member, '/sys/fs/cgroup/memory.events': events })).toEqual({ of: 'cgroup', count: 2 });
  expect(
    from({
      '/proc/self/cgroup': '9:name=systemd:/\n4:cpu,memory:/pods/1\n0::/\n',
      '/sys/fs/cgroup/memory/pods/1/memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 3\n',
      '/proc/vmstat': vmstat,
    }),
  ).toEqual({ of: 'cgroup', count: 3 });
});

test('counts those of the machine where the cgroup has none, and says where nobody counts', () => {
  expect(from({ '/proc/self/cgroup': '0::/\n', '/proc/vmstat': vmstat })).toEqual({
    of: 'machine',
    count: 7,
  });
  expect(from({})).toBeNull();
});

test('finds a count on Linux', () => {
  expect(memoryKills()?.count).toBeGreaterThanOrEqual(0);
});
