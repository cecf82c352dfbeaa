import type { ErrorCode } from 'yaml';

/** What yaml's error codes mean to somebody who wrote a plan file. None repeats the file's text: it may be a secret. */
export const yamlMessages: Partial<Record<ErrorCode, string>> = {
  ALIAS_PROPS: 'an alias (`*name`) cannot have an anchor or a tag',
  BAD_ALIAS: 'this is not a valid alias or anchor name',
  BAD_COLLECTION_TYPE: 'a map and a list are mixed here',
  BAD_DIRECTIVE: 'this directive is not understood',
  BAD_DQ_ESCAPE: 'unknown escape sequence in double quotes; write `\\\\` for a backslash, or use single quotes',
  BAD_INDENT: 'the indentation does not fit the lines before',
  BAD_PROP_ORDER: 'anchor and tag stand in the wrong place',
  BAD_SCALAR_START: 'a plain text cannot begin with this character; put it in quotes',
  BLOCK_AS_IMPLICIT_KEY: 'a nested map must begin on a line of its own; a value with `: ` in it needs quotes',
  BLOCK_IN_FLOW: 'a block map or list cannot stand within `{}` or `[]`',
  KEY_OVER_1024_CHARS: 'a key is longer than 1024 characters',
  MISSING_CHAR: 'a character is missing: a quote, a comma, a colon or a closing bracket',
  MULTILINE_IMPLICIT_KEY: 'a key must stand on one line; is a colon missing, or the indentation wrong?',
  MULTIPLE_ANCHORS: 'a value can have one anchor only',
  MULTIPLE_TAGS: 'a value can have one tag only',
  TAB_AS_INDENT: 'tabs cannot indent; use spaces',
  UNEXPECTED_TOKEN: 'this is not expected here; a bracket or a quote before it may be unbalanced',
};
