/** What a plan file may be at most; checked before its document is composed, so that no file can stall a pull request. */
export const planFileLimits = {
  bytesMax: 1024 * 1024,
  /** Also after aliases and `<<` are expanded. */
  nodesMax: 50_000,
  /** Words, signs, spaces and line ends of the text: six for each value, where block style has four. */
  tokensMax: 300_000,
  /** Maps and lists within each other. */
  depthMax: 64,
  /** More findings of one file are counted, not listed. */
  diagnosticsMax: 100,
  /** In one map: then its further keys are not looked at. */
  mistakesOfMapMax: 1000,
  syntaxErrorsMax: 10,
  /** Sum of `expressionSize` over the file's regular expressions. */
  expressionsSizeMax: 50_000,
  /** Steps that matching the file's own names against its own patterns may take. */
  matchStepsMax: 100_000_000,
} as const;
