import { equal, ok } from 'node:assert/strict';
import type { MirrorEvent, MirrorOutcome } from '../../runner/engines/native/options.ts';
import { type FaultRates, lateMsMax, noFaults, type SimulatedProcess } from './client.ts';
import { expectMirrored } from './compare.ts';
import { expectByKey } from './compare-by-key.ts';
import { expectLosses, expectTrue, lossesToCome, type Truth } from './expected-losses.ts';
import { drawSettings, type HistorySettings } from './history-settings.ts';
import { incidents } from './incidents/incidents.ts';
import { createMirrorWorld, finishTransactions, type MirrorWorld, writeSome } from './mirror-world.ts';
import { createRandom } from './random.ts';
import { expectSpansRead } from './read-spans.ts';

/** One world and all that happens in it: the same seed and settings, the same history. */
export interface History {
  readonly settings: HistorySettings;
  readonly world: MirrorWorld;
  /** What happened, for people: each line with its time in milliseconds. */
  readonly steps: string[];
  /** What the source or the target has lost by now. */
  readonly truth: Truth;
  /** What goes wrong in the network now. */
  faults: FaultRates;
  readonly processes: SimulatedProcess[];
  /** The first thing that must not be, where it was seen within the mirror: it would take it for a fault of a session. */
  violation: unknown;
  step(text: string): void;
  after(delayMs: number, act: () => void): void;
}

export function createHistory(seed: number, overrides: Partial<HistorySettings> = {}): History {
  const settings = { ...drawSettings(createRandom(seed)), ...overrides };
  const { partitions, habits } = settings;
  const delivery = settings.delivery === 'either' ? 'transactional' : settings.delivery;
  const byKey = settings.delivery === 'transactional' ? settings.byKey : undefined;
  const world = createMirrorWorld(seed, { partitions, habits, delivery, ...(byKey === undefined ? {} : { byKey }) });
  const { clock } = world;
  const startMs = clock.nowMs();
  const history: History = {
    settings,
    world,
    steps: [],
    truth: { strangers: new Set(), truncated: new Map(), targetTruncated: new Set(), before: null },
    faults: settings.faults,
    processes: [],
    violation: null,
    step: (text) => void history.steps.push(`${String(clock.nowMs() - startMs).padStart(7)} ms  ${text}`),
    after: (delayMs, act) => clock.at(clock.nowMs() + delayMs, act),
  };
  world.target.maxMessageBytes = settings.targetMaxMessageBytes;
  world.source.fetchesByName = settings.sourceFetchesByName;
  world.target.refusesZstd = settings.targetRefusesZstd;
  return history;
}

/** Lets a history happen, with all its processes, and then one that must catch up. Fails where anything is not as it must be. */
export async function liveThrough(history: History): Promise<void> {
  const { settings, world } = history;
  schedule(history);
  for (let left = settings.processes; left > 0; left -= 1) await liveAndDie(history);
  for (const process of history.processes) process.kill();
  await settle(history);
  history.step('the last process');
  const wanted = lossesToCome(history);
  const eventsBefore = world.events.length;
  const { outcome } = start(history, 'caught-up', new AbortController().signal);
  const ended = await world.clock.run(outcome);
  if (history.violation !== null) throw history.violation;
  await world.clock.run(world.clock.sleep(lateMsMax));
  expectLosses(history, wanted, ended.result === 'loss' ? ended.losses : []);
  if (ended.result !== 'loss') equal(ended.result, 'caught-up');
  const retries = world.events
    .slice(eventsBefore)
    .filter((one) => one.event === 'retry' && !one.reason.includes('takes no zstd'));
  if (ended.result === 'caught-up') equal(retries.length, 0, 'sessions failed where nothing went wrong');
  expectMemory(history);
  if (ended.result === 'caught-up') await expectSpansRead(world);
}

/** Writes and incidents, at their times. */
function schedule(history: History): void {
  const { settings, world } = history;
  const { random } = world;
  let written = 0;
  const write = (records: number) => {
    while (written < records) written += writeSome(world, 1);
  };
  write(Math.floor(settings.records * settings.writtenBefore));
  for (let i = 1; i <= settings.writes; i += 1) {
    const share = settings.writtenBefore + ((1 - settings.writtenBefore) * i) / settings.writes;
    history.after(Math.floor((settings.durationMs * i) / settings.writes), () =>
      write(Math.floor(settings.records * share)),
    );
  }
  for (const name of settings.incidents) {
    history.after(random.between(0, settings.durationMs), () => incidents[name](history));
  }
}

/** One process, until it dies, is stopped, or ends by itself. A suspended one may still wake up beside the next. */
async function liveAndDie(history: History): Promise<void> {
  const { settings, world } = history;
  const { random, clock } = world;
  const stop = new AbortController();
  const until = random.chance(0.5) ? 'caught-up' : 'stopped';
  history.step(`a process, until ${until}`);
  const { process, outcome } = start(history, until, stop.signal);
  const diesAfterMs = random.between(1, (settings.durationMs * 2) / settings.processes);
  const death = random.pick(['killed', 'killed', 'stopped', 'suspended'] as const);
  const ended = Promise.race([outcome.then(tell, tellFault), process.death]);
  history.after(diesAfterMs, () => {
    if (death === 'killed') process.kill();
    if (death === 'stopped') stop.abort();
    if (death === 'suspended') process.suspend(clock.nowMs() + random.between(1_000, settings.suspendedMsMax));
  });
  await clock.run(Promise.race([ended, clock.sleep(diesAfterMs + (death === 'stopped' ? stoppingMsMax : 0))]));
  history.step(`${death} after ${diesAfterMs} ms`);
  if (death === 'killed') process.kill();

  function tell(result: MirrorOutcome): void {
    history.step(`it ended: ${result.result}`);
  }

  function tellFault(error: unknown): void {
    history.step(`it ended: ${error instanceof Error ? error.message : String(error)}`);
    if (history.processes.at(-1) === process) history.violation ??= error;
  }
}

/** A clean stop waits for what is on its way: longer than that, the next process begins beside it. */
const stoppingMsMax = 5_000;

function start(history: History, until: 'caught-up' | 'stopped', signal: AbortSignal) {
  const { settings, world } = history;
  const number = history.processes.length;
  const report = (event: MirrorEvent) => {
    if (number === history.processes.length - 1) note(history, event);
  };
  const { random } = world;
  const delivery =
    settings.delivery === 'either' ? random.pick(['transactional', 'idempotent'] as const) : settings.delivery;
  const started = world.start({
    faults: () => history.faults,
    targetMaxMessageBytes: settings.targetMaxMessageBytes,
    options: { until, signal, tuning: settings.tuning, report, delivery, ...settings.options },
  });
  history.processes.push(started.process);
  return started;
}

/** Why a session may fail; everything else is a mistake of the engine. */
const expectedReason =
  /answers [A-Z_]+ to |has taken over|fenced the flow's producer|No leader answers for|can be read again|was sent twice|got offset|ends at offset|is not the one that was read|was read up to|is damaged at|takes no zstd/;

/** A process that has lost the flow's lease may be wrong: what it saw is not what the next one does. */
function note(history: History, event: MirrorEvent): void {
  history.world.events.push(event);
  if (event.event === 'retry') {
    history.step(`a session failed: ${event.reason}`);
    if (!expectedReason.test(event.reason)) history.violation ??= new Error(event.reason);
  }
  if (event.event !== 'loss') return;
  history.step(`a loss: ${event.loss.diagnostic.summary}`);
  try {
    expectTrue(history, event.loss);
  } catch (error) {
    history.violation ??= error;
  }
}

/** Looks at both logs as they are now, unless a marker is on its way. */
export function look(history: History): void {
  const { world, truth } = history;
  if (world.target.coordinator.markersLeft() > 0 || truth.before !== null) return;
  history.step('look');
  if (world.byKey !== undefined) {
    if (truth.truncated.size > 0 || truth.targetTruncated.size > 0) return;
    expectByKey(world, { whole: false });
    return;
  }
  for (let partition = 0; partition < world.partitions; partition += 1) {
    if (truth.truncated.has(partition) || truth.targetTruncated.has(partition)) continue;
    const { ahead } = world.positions().find((one) => one.record.source.partition === partition)?.record ?? {};
    const isShifted = truth.strangers.has(partition) && (ahead?.runs.length ?? 0) > 0;
    if (!isShifted) expectMirrored(world, false, partition);
  }
}

/** All that incidents have left is put right, transactions end, and what was late has come. */
async function settle(history: History): Promise<void> {
  const { world } = history;
  const { clock, random } = world;
  await clock.run(clock.sleep(history.settings.durationMs + settleMs));
  history.faults = noFaults;
  for (const cluster of [world.source, world.target]) {
    for (const broker of cluster.leaders.brokers) if (!cluster.leaders.isUp(broker)) cluster.leaders.start(broker);
    cluster.leaders.elect(random.pick);
    cluster.readOnly = null;
    cluster.staleMetadata = false;
    cluster.delayMarkers = null;
  }
  for (let partition = 0; partition < world.partitions; partition += 1) {
    world.sourceLog(partition).hiddenFrom = null;
    world.source.leaders.release({ topic: 'orders', partition });
    world.sourceLog(partition).isOffline = false;
  }
  for (let partition = 0; partition < world.targetPartitions; partition += 1) {
    world.targetLog(partition).hiddenFrom = null;
    world.targetLog(partition).isOffline = false;
  }
  await clock.run(clock.sleep(lateMsMax));
  finishTransactions(world);
}

/** Longer than what any incident leaves to come later, from its end on. */
const settleMs = 30_000;

/** A session may hold what `memoryMaxMb` allows, and what batches that are larger than their share of it take besides. */
function expectMemory(history: History): void {
  const { tuning, bytesBeyondMemoryMax } = history.settings;
  const most = Math.max(0, ...history.world.events.map((one) => (one.event === 'progress' ? one.memoryBytesMax : 0)));
  const allowed = tuning.memoryMaxMb * 1_048_576 + bytesBeyondMemoryMax;
  ok(most <= allowed, `${most} bytes were held where ${allowed} are allowed`);
}
