#!/usr/bin/env python3
"""Writes crates/models/data/models.json from a price file of LiteLLM (MIT).

    python3 tools/catalogue/make.py PRICE_FILE VERSION DATE > crates/models/data/models.json

PRICE_FILE: `model_prices_and_context_window_backup.json` of the package `litellm`, or the file of the same kind in its
repository. Facts only are taken: windows, prices, capabilities, dates. Numbers are kept as decimal text.
"""

import json
import sys
from decimal import Decimal

PROVIDERS = {
    "openai": ("OpenAI", "openai", "https://api.openai.com/v1"),
    "azure": ("Azure OpenAI", "azure", "https://NAME.openai.azure.com/openai/v1"),
    "anthropic": ("Anthropic", "anthropic", "https://api.anthropic.com/v1"),
    "gemini": ("Google Gemini", "gemini", "https://generativelanguage.googleapis.com/v1beta"),
    "mistral": ("Mistral", "mistral", "https://api.mistral.ai/v1"),
    "cohere": ("Cohere", "cohere", "https://api.cohere.com/v2"),
    "jina": ("Jina", "jina", "https://api.jina.ai/v1"),
    "deepseek": ("DeepSeek", "compatible", "https://api.deepseek.com/v1"),
    "groq": ("Groq", "compatible", "https://api.groq.com/openai/v1"),
    "xai": ("xAI", "compatible", "https://api.x.ai/v1"),
    "openrouter": ("OpenRouter", "compatible", "https://openrouter.ai/api/v1"),
    "berget": ("Berget", "compatible", "https://api.berget.ai/v1"),
    "ollama": ("Ollama", "ollama", "http://HOST:11434/api"),
    "vllm": ("vLLM", "compatible", "http://HOST:8000/v1"),
    "tei": ("text-embeddings-inference", "tei", "http://HOST:8080"),
}

# Provider → prefix in the price file, and the models. A name after `!` thinks by a budget of tokens.
MODELS = {
    "openai": ("", """gpt-6-astra gpt-6-sol gpt-6-luna gpt-5.6-sol gpt-5.6-terra gpt-5.6-luna gpt-5.5 gpt-5.4 gpt-5.4-mini
        gpt-5.2 gpt-4.1 gpt-4.1-mini gpt-4o gpt-4o-mini text-embedding-3-large text-embedding-3-small gpt-4o-transcribe
        gpt-image-2"""),
    "azure": ("azure/", "gpt-6-astra gpt-6.1-sol gpt-6.1-terra gpt-6-luna gpt-5.6-sol gpt-5.6-terra gpt-5.6-luna"),
    "anthropic": ("", """claude-opus-5-5 claude-opus-5 claude-sonnet-5-5 claude-sonnet-5 claude-haiku-5-5 claude-fable-5-1
        claude-opus-4-8 claude-sonnet-4-6 !claude-opus-4-5 !claude-haiku-4-5"""),
    "gemini": ("gemini/", """gemini-4-argon gemini-4-hydrogen gemini-3.8-flash gemini-3.6-flash gemini-3.5-flash-lite
        gemini-3.1-pro-preview !gemini-2.5-pro !gemini-2.5-flash-lite gemini-embedding-2 gemini-embedding-001"""),
    "mistral": ("mistral/", """mistral-large-4 mistral-large-latest mistral-medium-latest mistral-small-latest
        magistral-medium-latest codestral-latest ministral-14b-latest ministral-8b-latest mistral-embed"""),
    "cohere": ("", "cohere/embed-v5.0-pro cohere/embed-v5.0-fast cohere/embed-v4.0 rerank-v4.0-pro rerank-v4.0-fast rerank-v3.5"),
    "jina": ("", "jina-reranker-v3.5 jina-reranker-v2-base-multilingual"),
    "deepseek": ("deepseek/", "deepseek-v4-pro deepseek-v4-flash"),
    "groq": ("groq/", "openai/gpt-oss-120b openai/gpt-oss-20b whisper-large-v3-turbo"),
    "xai": ("xai/", "grok-4.7 grok-4.20"),
}

KINDS = {"chat": "chat", "responses": "chat", "embedding": "embedding", "rerank": "rerank",
         "audio_transcription": "transcription", "image_generation": "image"}

# Our name of a price → theirs.
PRICES = {
    "input": "input_cost_per_token",
    "output": "output_cost_per_token",
    "cached_read": "cache_read_input_token_cost",
    "cached_write": "cache_creation_input_token_cost",
    "cached_write_hour": "cache_creation_input_token_cost_above_1hr",
    "reasoning": "output_cost_per_reasoning_token",
    "audio_input": "input_cost_per_audio_token",
    "audio_output": "output_cost_per_audio_token",
    "image_input": "input_cost_per_image_token",
    "image_output": "output_cost_per_image_token",
    "search": "input_cost_per_query",
    "second": "input_cost_per_second",
}
TIERS = {"standard": "", "flex": "_flex", "priority": "_priority", "batch": "_batches"}
THRESHOLDS = {100: 100_000, 128: 128_000, 200: 200_000, 256: 256_000, 272: 272_000}
CAPABILITIES = {
    "vision": "supports_vision",
    "tools": "supports_function_calling",
    "json_schema": "supports_response_schema",
    "reasoning": "supports_reasoning",
    "audio": "supports_audio_input",
}


def text(number):
    """A price as plain decimal text, without zeros at its end."""
    if number is None:
        return None
    number = Decimal(number)
    assert number >= 0 and number.quantize(Decimal(1).scaleb(-12)) == number, number
    plain = format(number, "f")
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def prices(entry, kind):
    """Tier → its prices, and those of long prompts under `above`."""
    out = {}
    for tier, suffix in TIERS.items():
        def row(middle):
            found = {ours: text(entry.get(theirs + middle + suffix)) for ours, theirs in PRICES.items()}
            # A price of 0 beside another way of billing is no price.
            if kind != "chat":
                found = {name: price for name, price in found.items() if price != "0"}
            return {name: price for name, price in found.items() if price is not None}

        base = row("")
        for thousands, tokens in THRESHOLDS.items():
            long = row(f"_above_{thousands}k_tokens")
            if long:
                assert "above" not in base, entry
                base["above"] = {"tokens": tokens, **long}
        if base:
            out[tier] = base
    return out


def model(provider, prefix, name, entries):
    by_budget, name = name.startswith("!"), name.lstrip("!")
    entry = entries[prefix + name]
    kind = KINDS[entry["mode"]]
    successor = entry.get("successor_model")
    out = {
        "provider": provider,
        "name": name.removeprefix("cohere/"),
        "kind": kind,
        "context_tokens": entry.get("max_input_tokens"),
        "output_tokens": entry.get("max_output_tokens") if kind == "chat" else None,
        "capabilities": [ours for ours, theirs in CAPABILITIES.items() if entry.get(theirs)],
        "thinks_by_budget": by_budget or None,
        "deprecated_on": entry.get("deprecation_date"),
        "successor": successor and successor.removeprefix(prefix),
        "source": entry.get("source"),
        "prices": prices(entry, kind),
    }
    assert out["prices"].get("standard"), f"{name} has no price"
    return {name: value for name, value in out.items() if value is not None}


def main():
    file, version, date = sys.argv[1:]
    with open(file, encoding="utf-8") as opened:
        entries = json.load(opened, parse_float=Decimal)
    providers = [
        {"name": name, "title": title, "dialect": dialect, "base_url": url}
        for name, (title, dialect, url) in PROVIDERS.items()
    ]
    models = [
        model(provider, prefix, name, entries)
        for provider, (prefix, names) in MODELS.items()
        for name in names.split()
    ]
    assert 50 <= len(models) <= 80, len(models)
    head = {"source": f"litellm {version}, MIT", "date": date, "currency": "USD"}
    lines = ["{", *(f"  {json.dumps(name)}: {json.dumps(value)}," for name, value in head.items())]
    for last, (name, rows) in enumerate((("providers", providers), ("models", models))):
        lines.append(f"  {json.dumps(name)}: [")
        lines.append(",\n".join(f"    {json.dumps(row)}" for row in rows))
        lines.append("  ]" if last else "  ],")
    print("\n".join([*lines, "}"]))


main()
