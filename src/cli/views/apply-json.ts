import type { RunEvent } from '../../../runner/run/events.ts';
import { kplanVersion } from '../../version.ts';
import type { Io } from '../io.ts';
import type { ApplyView } from './apply-shown.ts';

export const eventsFormatVersion = '1.0';

interface VersionEvent {
  readonly event: 'version';
  readonly formatVersion: string;
  readonly kplanVersion: string;
}

/** One JSON object a line, `version` first; schema/events.v1.schema.json. */
export function applyJsonView(io: Pick<Io, 'stdout'>, now: () => number): ApplyView {
  function write(event: RunEvent | VersionEvent): void {
    const { event: name, ...rest } = event;
    io.stdout(`${JSON.stringify({ event: name, at: new Date(now()).toISOString(), ...rest }, bigintAsText)}\n`);
  }
  const diagnostics: ApplyView['diagnostics'] = (found) => {
    for (const diagnostic of found) write({ event: 'diagnostic', diagnostic });
  };
  write({ event: 'version', formatVersion: eventsFormatVersion, kplanVersion });
  return {
    planned: (plan) => diagnostics(plan.diagnostics),
    begin: () => undefined,
    event: write,
    diagnostics,
    end: async () => undefined,
  };
}

/** Counts of records and offsets are strings: they may be larger than a JSON number can say. */
function bigintAsText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}
