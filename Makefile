# SPDX-License-Identifier: Apache-2.0
# exhibit. `make demo` and `make check` are all a newcomer needs; the other targets are
# all fuzz-smoke soak bench tidy format-check fixtures install deps clean. V=1 shows commands.
BUILD   ?= build
PREFIX  ?= /usr/local
CC      ?= gcc
CLANG   ?= clang
Q       := $(if $(V),,@)
VERSION := 0.1.0

STRICT := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes \
  -Wmissing-prototypes -Wold-style-definition -Wpointer-arith -Wcast-qual -Wcast-align \
  -Wwrite-strings -Wvla -Wundef -Wformat=2 -Wswitch-enum -Wimplicit-fallthrough \
  -Wnull-dereference -Wdouble-promotion -Wredundant-decls -fno-common
GCC_ONLY := -Wlogical-op -Wduplicated-cond -Wduplicated-branches
BASE   := -std=c11 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -I. -DEXHIBIT_VERSION='"$(VERSION)"' \
  -DEXHIBIT_DATA='"$(PREFIX)/share/exhibit"' -DEXHIBIT_MO='"$(BUILD)/zh_CN.mo"' -pthread
HARDEN := -O2 -g -fstack-protector-strong -fstack-clash-protection -D_FORTIFY_SOURCE=3 -fPIE
CHECK  := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
LDHARDEN := -pie -Wl,-z,relro,-z,now
LIBS   := -lpcap -lseccomp -lndpi -lcrypto -lcjson -lnghttp2 -lnghttp3 -lpsl -lloc -licuuc -licui18n -lpcre2-8 -lz -lbrotlidec -lzstd -lm

ROOMS  := base capture classify report cli
SRC    := $(foreach r,$(ROOMS),$(sort $(shell find $(r) -name '*.c')))
objs    = $(patsubst %.c,$(BUILD)/$(1)/%.o,$(filter $(2)/%,$(SRC)))
# Rooms a test of room X may link: X and those it may include.
upto_base     := base
upto_capture  := capture base
upto_classify := classify capture base
upto_report   := report classify capture base
upto_cli      := cli report classify capture base
archives = $(foreach r,$(2),$(BUILD)/$(1)/lib$(r).a)
room_of  = $(word 2,$(subst /, ,$(1)))

TESTS   := $(sort $(shell find tests -name 'test_*.c'))
FUZZERS := $(patsubst tests/fuzz/fuzz_%.c,%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
TESTBIN := $(patsubst %.c,$(BUILD)/check/%,$(TESTS))
REPLAY  := $(patsubst %,$(BUILD)/check/tests/fuzz/replay_%,$(FUZZERS))

.PHONY: all demo check check-one units fuzz-one fuzz-smoke soak bench tidy format-check fixtures words install deps clean
.SECONDARY:
all: $(BUILD)/exhibit

# Texts in Chinese, compiled and carried in the program; `make words` takes up new English ones.
$(BUILD)/zh_CN.mo: report/po/zh_CN.po
	@mkdir -p $(@D)
	@echo "  MSGFMT  $<"
	$(Q)msgfmt -c -o $@ $<
$(BUILD)/release/report/words.o $(BUILD)/check/report/words.o $(BUILD)/fuzz/report/words.o: $(BUILD)/zh_CN.mo
# Files that objects carry inside (base/embed.h).
EMBEDS := report/page=report/data/report.css report/compare_page=report/data/report.css \
  classify/party=classify/data/parties.csv \
  $(foreach r,cn eu us,classify/legal=classify/rules/$(r).json) \
  cli/case_make=report/data/verify.sh cli/case_make=report/data/VERIFY.txt
$(foreach k,release check fuzz,$(foreach e,$(EMBEDS),$(eval \
  $(BUILD)/$(k)/$(firstword $(subst =, ,$(e))).o: $(lastword $(subst =, ,$(e))))))
words:
	$(Q)sh report/po/extract.sh report/po/exhibit.pot
	$(Q)msgmerge -q --no-wrap --no-fuzzy-matching --update --backup=none report/po/zh_CN.po report/po/exhibit.pot

# Release objects warn; check objects fail on a warning; fuzz objects are clang's.
$(BUILD)/release/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC      $<"
	$(Q)$(CC) $(BASE) $(HARDEN) $(STRICT) $(GCC_ONLY) $(WERROR) $(CFLAGS) -MMD -MP -c $< -o $@
$(BUILD)/check/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC san  $<"
	$(Q)$(CC) $(BASE) $(CHECK) $(STRICT) $(GCC_ONLY) -Werror $(CFLAGS) -MMD -MP -c $< -o $@
$(BUILD)/fuzz/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC fuzz $<"
	$(Q)$(CLANG) $(BASE) -O1 -g -fsanitize=fuzzer-no-link,address,undefined \
	  -fno-sanitize-recover=all $(STRICT) -Werror $(CFLAGS) -MMD -MP -c $< -o $@

define room_archive
$(BUILD)/$(1)/lib$(2).a: $(call objs,$(1),$(2))
	@mkdir -p $$(@D) && rm -f $$@
	$(Q)ar rcs $$@ $$^
endef
$(foreach k,release check fuzz,$(foreach r,$(ROOMS),$(eval $(call room_archive,$(k),$(r)))))

$(BUILD)/exhibit: $(call archives,release,$(upto_cli))
	@echo "  LINK    $@"
	$(Q)$(CC) $(HARDEN) $(LDHARDEN) -pthread $^ $(LIBS) -o $@
$(BUILD)/check/exhibit: $(call archives,check,$(upto_cli))
	@echo "  LINK    $@"
	$(Q)$(CC) $(CHECK) -pthread $^ $(LIBS) -o $@

# A test links the archives up to its own room only: a reach downstream does not link. Support is
# an archive too, so each test takes what it uses; oom.o stands where the archives call it.
OOM := $(BUILD)/check/tests/support/oom.o
$(BUILD)/check/libsupport.a: $(patsubst %.c,$(BUILD)/check/%.o,$(filter-out %/oom.c,$(wildcard tests/support/*.c)))
	@rm -f $@
	$(Q)ar rcs $@ $^
define test_program
$(BUILD)/check/$(basename $(1)): $(BUILD)/check/$(basename $(1)).o $(OOM) $(BUILD)/check/libsupport.a \
  $(call archives,check,$(upto_$(call room_of,$(1))))
	@echo "  LINK    $$@"
	$(Q)$(CC) $(CHECK) -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc -pthread $$^ -lcmocka $(LIBS) -o $$@
endef
$(foreach t,$(TESTS),$(eval $(call test_program,$(t))))
$(BUILD)/check/tests/fuzz/replay_%: $(BUILD)/check/tests/fuzz/fuzz_%.o \
  $(BUILD)/check/tests/fuzz/replay.o $(call archives,check,$(upto_cli))
	$(Q)$(CC) $(CHECK) -pthread $^ $(LIBS) -o $@
$(BUILD)/fuzz/fuzz_%: $(BUILD)/fuzz/tests/fuzz/fuzz_%.o $(call archives,fuzz,$(upto_cli))
	$(Q)$(CLANG) -fsanitize=fuzzer,address,undefined -pthread $^ $(LIBS) -o $@

check-one: $(BUILD)/check/$(T)
	$(BUILD)/check/$(T)
units: $(TESTBIN) $(REPLAY)
fuzz-one: $(BUILD)/fuzz/fuzz_$(F)
	@mkdir -p $(BUILD)/fuzz/new/$(F)
	$(BUILD)/fuzz/fuzz_$(F) -max_total_time=$(or $(SECONDS),60) -timeout=10 -rss_limit_mb=2048 \
	  $(BUILD)/fuzz/new/$(F) tests/fuzz/corpus/$(F)
fuzz-smoke: deps
	$(Q)for f in $(FUZZERS); do $(MAKE) --no-print-directory fuzz-one F=$$f SECONDS=20 || exit 1; done

demo: deps
	$(Q)$(MAKE) --no-print-directory -j$$(nproc) all
	$(Q)BUILD=$(BUILD) sh cli/demo.sh
check: deps
	$(Q)$(MAKE) --no-print-directory -j$$(nproc) units $(BUILD)/check/exhibit all WERROR=-Werror
	$(Q)BUILD=$(BUILD) bash tests/run.sh
deps:
	$(Q)sh tests/deps.sh $(if $(filter demo all install,$(MAKECMDGOALS)),run,all)
# The damage of test_damage, 40 times as much of it; without sanitizers, which `check` has.
SOAK := tests/capture/test_damage.c $(addprefix tests/support/,damage.c account.c conserve.c)
soak: deps $(call archives,release,capture base)
	$(Q)$(CC) $(BASE) -O2 $(SOAK) $(call archives,release,capture base) -lcmocka $(LIBS) -o $(BUILD)/soak
	VARIANTS=200000 $(BUILD)/soak
bench: deps all
	$(Q)BUILD=$(BUILD) bash tests/bench/run.sh
	$(Q)BUILD=$(BUILD) bash tests/bench/live.sh || [ $$? -eq 77 ]
fixtures:
	$(Q)bash fixtures/world/make.sh all
tidy:
	$(Q)clang-tidy --quiet $(SRC) -- $(BASE)
format-check:
	$(Q)clang-format --dry-run -Werror $(SRC) $(shell find $(ROOMS) tests -name '*.h') $(TESTS)
install: all
	install -D $(BUILD)/exhibit $(DESTDIR)$(PREFIX)/bin/exhibit
	install -D -m 644 doc/exhibit.1 $(DESTDIR)$(PREFIX)/share/man/man1/exhibit.1
clean:
	rm -rf $(BUILD)

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
