// The languages of code blocks: what a fence may call them, and what people call them.

/** Name of the grammar, name for people, further names that fences use. */
const LANGUAGES: readonly (readonly [grammar: string, label: string, ...aliases: string[]])[] = [
  ['bash', 'Shell', 'sh', 'zsh', 'shell', 'console', 'shellsession'],
  ['c', 'C', 'h'],
  ['cpp', 'C++', 'c++', 'cc', 'hpp', 'cxx'],
  ['csharp', 'C#', 'cs', 'c#'],
  ['css', 'CSS'],
  ['dart', 'Dart'],
  ['diff', 'Diff', 'patch'],
  ['dockerfile', 'Dockerfile', 'docker'],
  ['elixir', 'Elixir', 'ex', 'exs'],
  ['go', 'Go', 'golang'],
  ['graphql', 'GraphQL', 'gql'],
  ['haskell', 'Haskell', 'hs'],
  ['http', 'HTTP', 'https'],
  ['ini', 'TOML, INI', 'toml'],
  ['java', 'Java'],
  ['javascript', 'JavaScript', 'js', 'jsx', 'mjs', 'cjs', 'node'],
  ['json', 'JSON', 'json5', 'jsonc', 'jsonl'],
  ['kotlin', 'Kotlin', 'kt', 'kts'],
  ['latex', 'LaTeX', 'tex'],
  ['less', 'Less'],
  ['lua', 'Lua'],
  ['makefile', 'Makefile', 'make', 'mk'],
  ['markdown', 'Markdown', 'md'],
  ['nginx', 'nginx', 'nginxconf'],
  ['objectivec', 'Objective-C', 'objc', 'obj-c'],
  ['perl', 'Perl', 'pl', 'pm'],
  ['php', 'PHP'],
  ['powershell', 'PowerShell', 'ps', 'ps1', 'pwsh'],
  ['protobuf', 'Protocol Buffers', 'proto'],
  ['python', 'Python', 'py', 'python3', 'ipython'],
  ['r', 'R'],
  ['ruby', 'Ruby', 'rb'],
  ['rust', 'Rust', 'rs'],
  ['scala', 'Scala'],
  ['scss', 'SCSS', 'sass'],
  ['sql', 'SQL', 'postgresql', 'postgres', 'psql', 'plsql', 'mysql', 'sqlite'],
  ['swift', 'Swift'],
  ['typescript', 'TypeScript', 'ts', 'tsx', 'mts', 'cts', 'svelte', 'vue'],
  ['vbnet', 'Visual Basic', 'vb', 'vba'],
  ['wasm', 'WebAssembly', 'wat', 'wast'],
  ['xml', 'HTML, XML', 'html', 'xhtml', 'svg', 'rss', 'atom', 'xsd', 'xsl', 'plist'],
  ['yaml', 'YAML', 'yml']
];

/** What a fence's language is called for people where its own word says it better than the grammar's label. */
const LABELS: Record<string, string> = {
  html: 'HTML',
  xml: 'XML',
  svg: 'SVG',
  toml: 'TOML',
  ini: 'INI',
  svelte: 'Svelte',
  vue: 'Vue',
  jsx: 'JSX',
  tsx: 'TSX',
  postgresql: 'PostgreSQL',
  mysql: 'MySQL',
  sqlite: 'SQLite',
  mermaid: 'Mermaid'
};

const BY_NAME = new Map(
  LANGUAGES.flatMap(([grammar, label, ...aliases]) => [grammar, ...aliases].map((name) => [name, { grammar, label }]))
);
const LONGEST_LABEL = 30;

/** The grammar that highlights a fence's language; null if there is none. */
export function grammarOf(language: string): string | null {
  return BY_NAME.get(language.toLowerCase())?.grammar ?? null;
}

/** A fence's language for people; its own word if it is unknown, cut to 30 characters. */
export function languageLabel(language: string): string {
  const name = language.toLowerCase();
  return LABELS[name] ?? BY_NAME.get(name)?.label ?? language.slice(0, LONGEST_LABEL);
}

/** All grammars, for the test that each of them can be loaded. */
export const GRAMMARS: readonly string[] = LANGUAGES.map(([grammar]) => grammar);
