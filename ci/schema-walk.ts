export type JsonObject = Record<string, unknown>;

/** A copy of a JSON Schema in which `change` has seen every object once, parents first. */
export function mapSchema(schema: JsonObject, change: (node: JsonObject) => JsonObject): JsonObject {
  const entries = Object.entries(change(schema)).map(([key, value]) => [key, mapValue(value, change)] as const);
  return Object.fromEntries(entries);
}

function mapValue(value: unknown, change: (node: JsonObject) => JsonObject): unknown {
  if (Array.isArray(value)) return value.map((item) => mapValue(item, change));
  return isJsonObject(value) ? mapSchema(value, change) : value;
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
