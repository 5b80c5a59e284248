# Two commands do everything: `make nightly` runs the main job, `make test` passes the tests.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: setup nightly test lint ui bench roundtrip fuzz docs cookbook lock samples

setup: .venv/.installed

# uv comes from the lock like everything else, by hash; then it installs the rest
.venv/.installed: requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	sed -n '/^uv==/,/[^\\]$$/p' requirements.lock > .venv/uv.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r .venv/uv.lock
	$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	touch $@

nightly: setup
	$(BIN)/gongkai nightly --samples samples

test: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest -n auto --dist loadfile

ui: setup
	$(BIN)/gongkai ui

bench: setup
	$(BIN)/python -m benchmarks

# figures to files of every kind and back: kind x edition and dirt -> cells right, flagged, needless, wrong
roundtrip: setup
	$(BIN)/python -m tests.roundtrip $(ROUNDTRIP)

# broken files of every kind for FUZZ_SECONDS (600)
fuzz: setup
	$(BIN)/python -m tests.fuzz $(FUZZ)

# the generated pages of docs/
docs: setup
	$(BIN)/python -m pipelines.docs docs

# docs/cookbook.md: the questions with their answers on the samples, from two nights in a temporary home
cookbook: setup
	$(BIN)/python -m tests.analysts docs/cookbook.md

# sample files from the published figures; changes nothing unless the figures or the layout changed
samples: setup
	$(BIN)/python -m samples.build

lock: setup
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-strip-extras --no-header --no-annotate pyproject.toml --group dev -o requirements.lock
