import type { ReplicaStatus } from '../supervisor/replica.js';
import { columns } from './columns.js';

export function replicaTable(replicas: readonly ReplicaStatus[], now = new Date()): string {
  const rows = replicas.map((status) => {
    const { replica, state, pid, url, startedAt } = status;
    if (!isRunning(status)) return [replica, state, '-', url, '-', endOf(status)];
    return [replica, state, String(pid), url, startedAt ? duration(now.getTime() - Date.parse(startedAt)) : '-', ''];
  });
  return columns([['replica', 'state', 'pid', 'url', 'uptime', ''], ...rows]);
}

const isRunning = ({ state }: ReplicaStatus): boolean => ['starting', 'ready', 'paused'].includes(state);

const endOf = ({ ended = 'never started', lastLine }: ReplicaStatus): string =>
  lastLine === undefined ? ended : `${ended}: ${shortened(lastLine)}`;

const shortened = (line: string): string => (line.length > 60 ? `${line.slice(0, 59)}…` : line);

/** `42 s`, `3 min 5 s`, `2 h 10 min`. */
function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}
