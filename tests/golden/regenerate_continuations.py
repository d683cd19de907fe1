#!/usr/bin/env python3
"""Makes continuations.json: 100 prompts of each of cases/*.json, continued by 64 greedy tokens, with the experts of every
token. tests/engine/golden_logits/tst_golden_continuations compares the engine with it.

Prompts are generated from their number on both sides. A prompt on which rounding may decide (two best logits closer than
1e-4, or an expert or a group of experts chosen by less than 1e-6) is drawn again; how many were is part of the file.
"""

import json
import pathlib

import regenerate
import regenerate_families
import torch

PROMPTS, LENGTHS, TOKENS = 100, 40, 64
LOGIT_LEAD, SCORE_LEAD = 1e-4, 1e-6


def prompt_tokens(index, draw, seed, vocab):
    words = regenerate.random_words(f"prompt {index} draw {draw}", seed, 1 + index % LENGTHS)
    return [int(word) % vocab for word in words.tolist()]


def lead_over_next(values, chosen):
    """[rows, n] values, [rows, n] chosen: by how much the last chosen is ahead of the first that is not."""
    infinity = float("inf")
    return values.masked_fill(~chosen, infinity).amin(-1) - values.masked_fill(chosen, -infinity).amax(-1)


class Watched:
    """A reference whose routers report expert ids [tokens, k] and the smallest lead of each token."""

    def __init__(self, case):
        self.config = case["config"]
        kind = self.config["model_type"]
        module = regenerate if kind == "deepseek_v3" else regenerate_families
        tensors = regenerate.generate_all(case["tensors"], case["seed"], self.config.get("n_routed_experts", 0))
        self.model = module.Reference(self.config, tensors).model
        self.calls = []
        for layer in self.model.model.layers:
            if hasattr(layer.mlp, "gate"):
                layer.mlp.gate.register_forward_hook(self.watch)

    def watch(self, router, inputs, output):
        c = self.config
        logits = output[0] if isinstance(output, tuple) else output
        logits = logits.reshape(-1, logits.shape[-1]).float()
        if c["model_type"] == "deepseek_v3":
            scores = logits.sigmoid() + router.e_score_correction_bias
        else:
            scores = logits.softmax(-1)
        allowed = torch.ones_like(scores, dtype=torch.bool)
        lead = torch.full(scores.shape[:1], float("inf"))
        if c.get("topk_method") in ("group_limited_greedy", "noaux_tc"):
            grouped = scores.unflatten(-1, (c["n_group"], -1))
            best = grouped.amax(-1) if c["topk_method"] == "group_limited_greedy" else grouped.topk(2).values.sum(-1)
            chosen = torch.zeros_like(best, dtype=torch.bool).scatter(1, best.topk(c["topk_group"]).indices, True)
            lead = torch.minimum(lead, lead_over_next(best, chosen))
            allowed = chosen[..., None].expand_as(grouped).flatten(1)
        scores = scores.masked_fill(~allowed, -1e9)
        ids = scores.topk(c["num_experts_per_tok"]).indices
        if isinstance(output, tuple):  # the reference's own choice is what counts
            assert torch.equal(ids.sort().values, output[2].sort().values) or lead.amin() < SCORE_LEAD
            ids = output[2]
        chosen = torch.zeros_like(allowed).scatter(1, ids, True)
        self.calls.append((ids.sort().values, torch.minimum(lead, lead_over_next(scores, chosen))))

    @torch.no_grad()
    def continuations(self, prompts):
        """Of prompts of one length: per prompt the tokens, the hash of the experts, smallest leads of logits and scores."""
        count = len(prompts)
        tokens, routes = [[] for _ in prompts], [[] for _ in prompts]
        logit_lead, score_lead = [float("inf")] * count, [float("inf")] * count
        feed, cache = prompts, None
        for _ in range(TOKENS):
            self.calls.clear()
            out = self.model(input_ids=torch.tensor(feed), past_key_values=cache, use_cache=True)
            cache = out.past_key_values
            top = out.logits[:, -1].topk(2).values
            feed = out.logits[:, -1].argmax(-1, keepdim=True).tolist()
            for i in range(count):
                tokens[i] += feed[i]
                logit_lead[i] = min(logit_lead[i], float(top[i, 0] - top[i, 1]))
                for ids, lead in self.calls:
                    score_lead[i] = min(score_lead[i], float(lead.unflatten(0, (count, -1))[i].min()))
                if self.calls:  # [tokens, layers, k]
                    of_layers = [ids.unflatten(0, (count, -1))[i] for ids, _ in self.calls]
                    routes[i] += torch.stack(of_layers, 1).flatten().tolist()
        return list(zip(tokens, (fnv(r) for r in routes), logit_lead, score_lead))


def fnv(numbers):
    """FNV-1a, 64 bit, one byte a number."""
    value = 0xCBF29CE484222325
    for number in numbers:
        value = ((value ^ number) * 0x100000001B3) & regenerate.MASK
    return f"{value:016x}"


def case_golden(case):
    reference = Watched(case)
    seed, vocab = case["seed"], case["config"]["vocab_size"]
    assert vocab <= 256
    draws, made, redrawn_for = [0] * PROMPTS, [None] * PROMPTS, {"logits": 0, "experts": 0}
    left = list(range(PROMPTS))
    while left:
        length = left[0] % LENGTHS
        batch = [i for i in left if i % LENGTHS == length]
        results = reference.continuations([prompt_tokens(i, draws[i], seed, vocab) for i in batch])
        for i, result in zip(batch, results):
            if result[2] < LOGIT_LEAD or result[3] < SCORE_LEAD:
                redrawn_for["logits" if result[2] < LOGIT_LEAD else "experts"] += 1
                draws[i] += 1
            else:
                made[i] = result
                left.remove(i)
    golden = {
        "redrawn": redrawn_for, "smallest_logit_lead": min(m[2] for m in made), "draws": draws,
        "tokens": [bytes(m[0]).hex() for m in made],
    }
    if case["config"].get("n_routed_experts"):
        golden["smallest_score_lead"] = min(m[3] for m in made)
        golden["experts"] = [m[1] for m in made]
    return golden


def main():
    torch.manual_seed(0)
    folder = pathlib.Path(__file__).parent
    document = {"made_with": regenerate.versions(), "lengths": LENGTHS, "cases": {}}
    for path in sorted((folder / "cases").glob("*.json")):
        golden = case_golden(json.loads(path.read_text()))
        document["cases"][path.stem] = golden
        print(path.stem, golden["redrawn"], golden["smallest_logit_lead"], golden.get("smallest_score_lead"), flush=True)
    (folder / "continuations.json").write_text(json.dumps(document, indent=0, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
