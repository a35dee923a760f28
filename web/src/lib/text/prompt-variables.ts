// Variables in the text of a prompt: `{{name}}`, `{{name:default}}`; `\{{` is a plain `{{`.
// The server checks the same language (crates/prompts/src/variables.rs); crates/prompts/tests/variables.json has the cases of both.

export const MAX_VARIABLES = 20;
const MAX_NAME = 50;
const MAX_DEFAULT = 1000;

export interface Variable {
  name: string;
  /** Null if a value has to be given. */
  default: string | null;
}

export type VariableFault = 'unclosed' | 'name' | 'default' | 'count';

type Part = { text: string } | { variable: Variable };

/** The different variables in the order in which they first appear, or the first fault. The first default that is given for a name counts. */
export function variablesOf(text: string): Variable[] | VariableFault {
  const parts = partsOf(text);
  if (typeof parts === 'string') return parts;
  const found = new Map<string, Variable>();
  for (const part of parts) {
    if (!('variable' in part)) continue;
    const { name } = part.variable;
    const known = found.get(name);
    found.set(name, { name, default: known?.default ?? part.variable.default });
  }
  return found.size > MAX_VARIABLES ? 'count' : Array.from(found.values());
}

/** The text with these values in place of its variables; what a value contains is never a variable. */
export function fillVariables(text: string, values: Readonly<Record<string, string>>): string {
  const parts = partsOf(text);
  if (typeof parts === 'string') return text;
  return parts.map((part) => ('text' in part ? part.text : valueOf(part.variable, values))).join('');
}

function valueOf(variable: Variable, values: Readonly<Record<string, string>>): string {
  const given = Object.hasOwn(values, variable.name) ? values[variable.name] : undefined;
  return given ?? variable.default ?? '';
}

function partsOf(text: string): Part[] | VariableFault {
  const parts: Part[] = [];
  let rest = text;
  for (;;) {
    const at = rest.indexOf('{{');
    if (at < 0) return [...parts, { text: rest }];
    const before = rest.slice(0, at);
    rest = rest.slice(at + 2);
    if (before.endsWith('\\')) {
      parts.push({ text: `${before.slice(0, -1)}{{` });
      continue;
    }
    const end = rest.indexOf('}}');
    if (end < 0) return 'unclosed';
    const variable = variableIn(rest.slice(0, end));
    if (typeof variable === 'string') return variable;
    parts.push({ text: before }, { variable });
    rest = rest.slice(end + 2);
  }
}

function variableIn(inside: string): Variable | VariableFault {
  const colon = inside.indexOf(':');
  const name = trimmed(colon < 0 ? inside : inside.slice(0, colon));
  if (name === '' || lengthOf(name) > MAX_NAME || /[{}\p{Cc}]/u.test(name)) return 'name';
  if (colon < 0) return { name, default: null };
  const given = trimmed(inside.slice(colon + 1));
  return lengthOf(given) > MAX_DEFAULT || given.includes('{{') ? 'default' : { name, default: given };
}

// Blanks only, and characters as the server counts them.
const trimmed = (text: string) => text.replace(/^ +| +$/g, '');
const lengthOf = (text: string) => Array.from(text).length;
