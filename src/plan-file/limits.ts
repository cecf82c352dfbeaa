/** What a plan file may be at most; checked before its document is composed, so that no file can stall a pull request. */
export const planFileLimits = {
  bytesMax: 1024 * 1024,
  /** Also after aliases and `<<` are expanded. */
  nodesMax: 50_000,
  /** Maps and lists within each other. */
  depthMax: 64,
  /** More findings of one file are counted, not listed. */
  diagnosticsMax: 100,
  syntaxErrorsMax: 10,
} as const;
