import { describe, expect, it } from 'vitest';
import { commandFor, isCommand, slashCommand } from './slash-command';

describe('a command at the start of a question', () => {
  it('is what follows the slash, up to the caret', () => {
    expect(slashCommand('/', 1)).toEqual({ query: '', end: 1 });
    expect(slashCommand('/week', 5)).toEqual({ query: 'week', end: 5 });
    expect(slashCommand('/week', 3)).toEqual({ query: 'we', end: 5 });
    expect(slashCommand('/års of 2026', 4)).toEqual({ query: 'års', end: 4 });
    expect(slashCommand('/week\nmore', 5)).toEqual({ query: 'week', end: 5 });
  });

  it('is none anywhere else, nor behind it, nor in a path', () => {
    for (const [question, caret] of [
      ['', 0],
      ['week', 4],
      [' /week', 6],
      ['and/or', 6],
      ['/week report', 8],
      ['/week', 0],
      ['/etc/hosts', 10],
      ['//', 2]
    ] as const) {
      expect(slashCommand(question, caret), question).toBeNull();
    }
  });
});

describe('a command for a title', () => {
  it('is in lower case, with hyphens between the words', () => {
    expect(commandFor('Weekly report')).toBe('weekly-report');
    expect(commandFor('  Årsmöte: kallelse! ')).toBe('årsmöte-kallelse');
    expect(commandFor('A\u030Ar')).toBe('år');
    expect(commandFor('Résumé n°1')).toBe('resume-n-1');
    expect(commandFor('会議')).toBe('');
  });

  it('has at most 50 characters and is always a command, or nothing', () => {
    for (const title of ['x'.repeat(80), `${'x'.repeat(49)} y`, '--- a', '…', '1 / 2', 'Ünïcödé']) {
      const command = commandFor(title);
      expect(command === '' || isCommand(command), `${title}: ${command}`).toBe(true);
    }
  });

  it('is refused in other forms', () => {
    for (const text of ['', '-a', 'A', 'a b', 'a/b', 'é', 'x'.repeat(51)]) expect(isCommand(text), text).toBe(false);
  });
});
