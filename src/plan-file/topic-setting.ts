/** What one Kafka version says of a topic setting. Numbers are text: 64 bits do not fit a JavaScript number. */
export interface TopicSetting {
  readonly type: string;
  /** `null`: the setting has none. */
  readonly default: string | null;
  readonly min?: string;
  readonly max?: string;
  /** A value outside the range that is taken nevertheless. */
  readonly also?: string;
  readonly oneOf?: readonly string[];
}

/** By setting, then by Kafka version (`3.9`, `4.1`); a version that lacks the setting has no entry. */
export type TopicSettings = Readonly<Record<string, Readonly<Record<string, TopicSetting>>>>;
