SECONDS ?= 60
FUZZERS ?= http
FUZZ = .build/fuzz

.PHONY: fuzz
fuzz: ## fuzz each target for SECONDS (FUZZERS="http …"); what is found lies in .build/fuzz/found
	@set -e; for name in $(FUZZERS); do \
	    SLUICE_FUZZ=1 swift build -c release --scratch-path $(FUZZ) --product fuzz-$$name; \
	    mkdir -p $(FUZZ)/found/$$name; \
	    $(FUZZ)/release/fuzz-$$name -max_total_time=$(SECONDS) -max_len=4096 -timeout=1 -rss_limit_mb=1024 \
	        -print_final_stats=1 -artifact_prefix=$(FUZZ)/found/ $(FUZZ)/found/$$name Tests/Fuzz/Corpus/$$name; \
	done
