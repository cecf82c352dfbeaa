import { test } from 'uvu';
import { equal, is, match, not, throws } from 'uvu/assert';
import { type ClusterMeans, chooseOrigin, javaMajorOf, namedClusters } from '../../clusters/origin.ts';

const everything: ClusterMeans = { named: true, docker: true, javaMajor: 17, maven: true, jars: true };
const nothing: ClusterMeans = { named: false, docker: false, javaMajor: 0, maven: false, jars: false };

function messageOf(means: ClusterMeans): string {
  const choice = chooseOrigin(means);
  return choice.origin === 'none' ? choice.message : '';
}

test('named brokers come first, then Docker, then a JVM', () => {
  is(chooseOrigin(everything).origin, 'named');
  is(chooseOrigin({ ...everything, named: false }).origin, 'docker');
  is(chooseOrigin({ ...everything, named: false, docker: false }).origin, 'jvm');
});

test('a JVM needs Java 17, and Maven only as long as the jars are not there', () => {
  is(chooseOrigin({ ...nothing, javaMajor: 17, maven: true }).origin, 'jvm');
  is(chooseOrigin({ ...nothing, javaMajor: 21, jars: true }).origin, 'jvm');
  is(chooseOrigin({ ...nothing, javaMajor: 17 }).origin, 'none');
  is(chooseOrigin({ ...nothing, javaMajor: 11, maven: true, jars: true }).origin, 'none');
});

test('where none can be had, the message names what is missing and what to do', () => {
  const message = messageOf(nothing);
  for (const words of ['no java was found', 'no mvn was found', 'openjdk-17', 'Docker', 'KPLAN_TEST_BOOTSTRAP']) {
    match(message, words);
  }
  const withOldJava = messageOf({ ...nothing, javaMajor: 11, maven: true });
  match(withOldJava, 'java is version 11');
  not.match(withOldJava, 'no mvn');
});

test('the major version is read from what java prints', () => {
  is(javaMajorOf('openjdk version "17.0.15" 2025-04-15'), 17);
  is(javaMajorOf('java version "1.8.0_392"'), 8);
  is(javaMajorOf('openjdk version "21" 2023-09-19'), 21);
  is(javaMajorOf('command not found'), 0);
});

test('KPLAN_TEST_BOOTSTRAP names clusters', () => {
  const clusters = namedClusters('source=a:9092, b:9093 ; target=[::1]:9092;');
  equal(
    [...clusters],
    [
      ['source', ['a:9092', 'b:9093']],
      ['target', ['[::1]:9092']],
    ],
  );
  is(namedClusters(undefined).size, 0);
  is(namedClusters('').size, 0);
});

test('what is no cluster in KPLAN_TEST_BOOTSTRAP is refused', () => {
  for (const text of ['a:9092', 'source=', 'source=a', 'source=a:9092,', '=a:9092', 'source=a:9092=b']) {
    throws(() => namedClusters(text), /KPLAN_TEST_BOOTSTRAP/);
  }
});

test.run();
