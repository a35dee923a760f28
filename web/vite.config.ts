// Build and unit tests. In development /api goes to the stack named by TESSERA_URL.
import { sveltekit } from '@sveltejs/kit/vite';
import tailwindcss from '@tailwindcss/vite';
import { defineConfig } from 'vitest/config';

const backend = process.env.TESSERA_URL ?? 'http://127.0.0.1:3000';

export default defineConfig({
  plugins: [tailwindcss(), sveltekit()],
  // Fonts and pictures stay files: `data:` URLs would need a wider font-src.
  build: { assetsInlineLimit: 0 },
  server: { proxy: { '/api': { target: backend, changeOrigin: false } } },
  test: { include: ['src/**/*.test.ts', 'build-steps/**/*.test.ts'], environment: 'node', testTimeout: 30_000 }
});
