/** An error as AJV reports it: only what the messages are made from. */
export interface SchemaError {
  /** JSON pointer into the plan file. */
  readonly instancePath: string;
  /** JSON pointer into the schema, with `#` before it. */
  readonly schemaPath: string;
  readonly keyword: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly propertyName?: string;
}

/** AJV's generated function: true where the value obeys the schema, else its `errors` tell why not. */
export interface SchemaValidator {
  (value: unknown): boolean;
  readonly errors?: readonly SchemaError[] | null;
}
