// What the compiler does not see: unused and undeclared names, mistakes with runes and markup. Format is Prettier's.
import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';
import svelteConfig from './svelte.config.js';

export default ts.config(
  { ignores: ['build/', '.svelte-kit/', 'node_modules/', 'test-results/', 'src/lib/api/schema.ts'] },
  js.configs.recommended,
  ...ts.configs.recommended,
  ...svelte.configs.recommended,
  { languageOptions: { globals: { ...globals.browser, ...globals.node } } },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: ts.parser, extraFileExtensions: ['.svelte'], svelteConfig } }
  },
  {
    rules: {
      // TypeScript knows what is declared.
      'no-undef': 'off',
      // The application is served at the root.
      'svelte/no-navigation-without-resolve': 'off',
      // svelte-check reports warnings, and knows which of them a comment silences.
      'svelte/no-unused-svelte-ignore': 'off',
      // Sets, dates and query strings within one computation are no state.
      'svelte/prefer-svelte-reactivity': 'off',
      // {' '} keeps a space that the compiler would drop.
      'svelte/no-useless-mustaches': 'off'
    }
  }
);
