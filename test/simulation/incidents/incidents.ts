import type { History } from '../history.ts';
import { brokerIncidents } from './brokers.ts';
import { lossIncidents } from './losses.ts';
import { sourceIncidents } from './source.ts';
import { targetIncidents } from './target.ts';

/** Something that happens at a moment, and may go on for a while. */
export type Incident = (history: History) => void;

/** By name: nothing is lost by these, whatever the mirror does. */
const harmlessIncidents = { ...brokerIncidents, ...sourceIncidents, ...targetIncidents };

/** After these something may be missing at the source or be wrong at the target. */
export const incidents = { ...harmlessIncidents, ...lossIncidents };

export type IncidentName = keyof typeof incidents;

export const harmless = Object.keys(harmlessIncidents) as (keyof typeof harmlessIncidents)[];
export const losing = Object.keys(lossIncidents) as (keyof typeof lossIncidents)[];
