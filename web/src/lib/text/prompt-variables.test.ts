import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fillVariables, variablesOf, type Variable } from './prompt-variables';

interface Case {
  text: string;
  variables?: Variable[];
  fault?: string;
}

const cases = JSON.parse(
  readFileSync(new URL('../../../../crates/prompts/tests/variables.json', import.meta.url), 'utf8')
) as Case[];

describe('variables of a prompt', () => {
  it('are those that the server finds, and so are the faults', () => {
    expect(cases.length).toBeGreaterThan(20);
    for (const { text, variables, fault } of cases) {
      expect(variablesOf(text), JSON.stringify(text)).toEqual(fault ?? variables);
    }
  });

  it('are at most 20, and a repeated one counts once', () => {
    const text = (count: number) => Array.from({ length: count }, (_, n) => `{{v${n}}} {{v${n}:x}}`).join('');
    expect(variablesOf(text(20))).toHaveLength(20);
    expect(variablesOf(text(21))).toBe('count');
  });

  it('have names and defaults that are counted in characters', () => {
    expect(variablesOf(`{{${'😀'.repeat(50)}}}`)).toHaveLength(1);
    expect(variablesOf(`{{${'😀'.repeat(51)}}}`)).toBe('name');
    expect(variablesOf(`{{a:${'ö'.repeat(1000)}}}`)).toHaveLength(1);
    expect(variablesOf(`{{a:${'ö'.repeat(1001)}}}`)).toBe('default');
  });

  it('may have the names of members of every object', () => {
    expect(variablesOf('{{constructor}} {{__proto__:x}}')).toEqual([
      { name: 'constructor', default: null },
      { name: '__proto__', default: 'x' }
    ]);
  });
});

describe('filling in', () => {
  it('puts values in place of variables, everywhere they stand', () => {
    expect(fillVariables('{{a}} and {{ a }} and {{b:2}}', { a: '1', b: 'two' })).toBe('1 and 1 and two');
  });

  it('takes the default where no value is given, and an empty value as it is', () => {
    expect(fillVariables('{{a:1}}|{{b:2}}', { b: '' })).toBe('1|');
  });

  it('takes nothing from what every object has', () => {
    expect(fillVariables('{{constructor}}|{{toString:x}}', {})).toBe('|x');
  });

  it('never reads a value as a variable or a pattern', () => {
    expect(fillVariables('{{a}} {{b}}', { a: '{{b}} $&', b: 'x' })).toBe('{{b}} $& x');
  });

  it('writes escaped braces without the backslash', () => {
    expect(fillVariables('\\{{x}} {{a}}', { a: '1' })).toBe('{{x}} 1');
  });

  it('leaves a text with a fault as it is', () => {
    expect(fillVariables('{{a}} {{', { a: '1' })).toBe('{{a}} {{');
  });
});
