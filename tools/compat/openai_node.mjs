// The official Node client.
import assert from 'node:assert/strict';
import OpenAI from 'openai';

const { TESSERA_OPENAI_URL: baseURL, TESSERA_OPENAI_KEY: apiKey, TESSERA_OPENAI_MODEL: model } = process.env;
// A model with the capabilities tools, json_schema and vision; empty if there is none to try.
const toolModel = process.env.TESSERA_OPENAI_TOOL_MODEL;
const client = new OpenAI({ baseURL, apiKey });
const messages = [{ role: 'user', content: 'What do the documents say?' }];

const checks = {
  async 'lists models, and gets one whose name has a slash'() {
    const names = [];
    for await (const each of client.models.list()) names.push(each.id);
    assert.ok(names.includes(model));
    assert.equal((await client.models.retrieve(model)).id, model);
  },
  async 'asks an assistant; usage and sources are there'() {
    const answer = await client.chat.completions.create({ model, messages });
    assert.ok(answer.choices[0].message.content && answer.usage.total_tokens > 0);
    assert.ok(Array.isArray(answer.tessera.sources));
  },
  async 'streams with usage'() {
    const stream = await client.chat.completions.create({
      model,
      messages,
      stream: true,
      stream_options: { include_usage: true }
    });
    const chunks = [];
    for await (const chunk of stream) chunks.push(chunk);
    assert.ok(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join(''));
    assert.ok(chunks.at(-1).usage.total_tokens > 0 && chunks.at(-1).choices.length === 0);
  },
  async 'breaks a stream off'() {
    const stream = await client.chat.completions.create({ model, messages, stream: true });
    for await (const chunk of stream) {
      assert.ok(chunk.choices[0].delta);
      break;
    }
    stream.controller.abort();
  },
  async 'embeds, by default as base64, and as floats'() {
    const input = ['one', 'two'];
    const embedding = process.env.TESSERA_OPENAI_EMBEDDING_MODEL;
    const [byDefault, floats] = await Promise.all([
      client.embeddings.create({ model: embedding, input }),
      client.embeddings.create({ model: embedding, input, encoding_format: 'float' })
    ]);
    assert.ok(Math.abs(byDefault.data[1].embedding[0] - floats.data[1].embedding[0]) < 1e-6);
  },
  async 'asks through the Responses API, also as a stream'() {
    const response = await client.responses.create({ model, input: messages[0].content });
    assert.ok(response.status === 'completed' && response.output_text);
    const kinds = [];
    const stream = await client.responses.create({ model, input: messages, stream: true });
    for await (const event of stream) kinds.push(event.type);
    assert.deepEqual([kinds[0], kinds.at(-1)], ['response.created', 'response.completed']);
  },
  async 'throws the own errors of the client, with code and request id'() {
    const wrong = new OpenAI({ baseURL, apiKey: 'sk-wrong', maxRetries: 0 });
    for (const [code, ask] of [
      ['model_not_found', () => client.models.retrieve('nothing')],
      ['unsupported_parameter', () => client.chat.completions.create({ model, messages, n: 2 })],
      ['invalid_api_key', () => wrong.models.list()]
    ]) {
      await assert.rejects(async () => ask(), (error) => error.code === code && Boolean(error.requestID));
    }
  }
};

const parameters = { type: 'object', properties: { city: { type: 'string' } } };
const asksWeather = [{ role: 'user', content: 'How is the weather in Åre? Use the tool.' }];
const checksOfModels = {
  async 'has a tool called, also in a stream, and runs it by the helper'() {
    const seen = [];
    const fn = (city) => `Snow in ${seen.push(city) && city.city}`;
    const tools = [{ type: 'function', function: { name: 'weather', function: fn, parse: JSON.parse, parameters } }];
    for (const stream of [false, true]) {
      const runner = client.chat.completions.runTools({ model: toolModel, messages: asksWeather, tools, stream });
      assert.ok(await runner.finalContent());
    }
    assert.equal(seen.length, 2);
  },
  async 'has a tool called through the Responses API'() {
    const tools = [{ type: 'function', name: 'weather', parameters, strict: false }];
    const response = await client.responses.create({ model: toolModel, input: asksWeather, tools });
    assert.ok(response.output.some((item) => item.type === 'function_call'));
  }
};
if (toolModel) Object.assign(checks, checksOfModels);

let failures = 0;
for (const [name, check] of Object.entries(checks)) {
  try {
    await check();
    console.log(`ok      ${name}`);
  } catch (error) {
    failures += 1;
    console.log(`FAILED  ${name}\n${error.stack}`);
  }
}
process.exit(failures ? 1 : 0);
