// Build and unit tests. In development /api goes to the stack named by TESSERA_URL.
import { sveltekit } from '@sveltejs/kit/vite';
import tailwindcss from '@tailwindcss/vite';
import { defineConfig } from 'vitest/config';

const backend = process.env.TESSERA_URL ?? 'http://127.0.0.1:3000';

// A page loads a few files instead of one for each component: over HTTP/1.1 every six more are one more round trip.
// What only conversations need (their page, Markdown, citations) stays apart from what every page needs.
const ANSWERS =
  /[\\/]lib[\\/]markdown[\\/]|[\\/]components[\\/]markdown[\\/]|chat[\\/](?:AnswerView|Citation|PassagePanel|SourceCards|QuestionView|\[conversation\][\\/])/;
// Helpers of the bundler, which every page needs too: elsewhere they would bring the chunk along that they stand in.
const FRAMEWORK =
  /node_modules[\\/](?:svelte|@sveltejs|openapi-fetch|esm-env|clsx)[\\/]|vite[\\/]preload-helper|rolldown[\\/]runtime/;
const LIB = /[\\/]src[\\/]lib[\\/]/;
const groups = [
  { name: 'framework', test: FRAMEWORK, priority: 40 },
  { name: 'base', test: /[\\/]src[\\/]lib[\\/](?:api|i18n)[\\/]/, priority: 35 },
  { name: 'app', test: (id: string) => LIB.test(id) && !ANSWERS.test(id), minShareCount: 2, priority: 30 },
  { name: 'answers', test: ANSWERS, priority: 20 }
];

export default defineConfig({
  plugins: [tailwindcss(), sveltekit()],
  build: {
    // Fonts and pictures stay files: `data:` URLs would need a wider font-src.
    assetsInlineLimit: 0,
    rolldownOptions: { output: { codeSplitting: { groups } } }
  },
  worker: { format: 'es' },
  server: {
    proxy: {
      '/api': { target: backend, changeOrigin: false },
      '/openai': { target: backend, changeOrigin: false }
    }
  },
  test: { include: ['src/**/*.test.ts', 'build-steps/**/*.test.ts'], environment: 'node', testTimeout: 30_000 }
});
