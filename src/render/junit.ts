import { create } from 'xmlbuilder2';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { printable } from '../diagnostics/printable.ts';
import { renderDiagnostic } from '../diagnostics/text.ts';

/** What was looked at, such as a plan file, and what was found in it. */
export interface JunitSuite {
  readonly name: string;
  /** The name of the one test case that stands where nothing failed. */
  readonly passed: string;
  /** A failed test case each; errors are told as errors where the work itself could not be done. */
  readonly failures: readonly Diagnostic[];
  readonly errors: readonly Diagnostic[];
  /** Told in the suite's output, failing nothing. */
  readonly told: readonly Diagnostic[];
}

/** Findings as JUnit XML, the form that Jenkins, GitLab and their kin read, with a final newline. */
export function renderJunit(name: string, suites: readonly JunitSuite[]): string {
  const sum = (count: (suite: JunitSuite) => number) => suites.reduce((total, suite) => total + count(suite), 0);
  const root = create({ version: '1.0', encoding: 'UTF-8', invalidCharReplacement: '\uFFFD' }).ele('testsuites', {
    name: oneLine(name),
    tests: sum((suite) => casesOf(suite).length),
    failures: sum((suite) => suite.failures.length),
    errors: sum((suite) => suite.errors.length),
    time: 0,
  });
  for (const suite of suites) {
    const cases = casesOf(suite);
    const node = root.ele('testsuite', {
      name: oneLine(suite.name),
      tests: cases.length,
      failures: suite.failures.length,
      errors: suite.errors.length,
      skipped: 0,
      time: 0,
    });
    for (const { title, kind, one } of cases) {
      const element = node.ele('testcase', { name: oneLine(title), classname: oneLine(suite.name), time: 0 });
      if (one === undefined) continue;
      element.ele(kind, { type: one.code, message: oneLine(one.summary) }).txt(textOf(one));
    }
    if (suite.told.length > 0) node.ele('system-out').txt(suite.told.map(textOf).join('\n'));
  }
  return `${root.end({ prettyPrint: true })}\n`;
}

interface Case {
  readonly title: string;
  readonly kind: 'failure' | 'error';
  readonly one?: Diagnostic;
}

function casesOf({ passed, failures, errors }: JunitSuite): readonly Case[] {
  const cases = [
    ...failures.map((one) => ({ title: titleOf(one), kind: 'failure', one }) as const),
    ...errors.map((one) => ({ title: titleOf(one), kind: 'error', one }) as const),
  ];
  return cases.length === 0 ? [{ title: passed, kind: 'failure' }] : cases;
}

/** Without line numbers, so that a report can be compared with the one before. */
function titleOf({ code, address, summary }: Diagnostic): string {
  return `${code} ${address ?? summary}`;
}

function textOf(one: Diagnostic): string {
  return renderDiagnostic(one, { color: false });
}

function oneLine(text: string): string {
  return printable(text).replaceAll(/[\n\t]/g, ' ');
}
