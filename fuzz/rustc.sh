#!/bin/sh
# Runs the compiler for cargo-fuzz, see CONTRIBUTING.md. A search is steered by which parts of the program an input reaches.
# Of chatproof itself and of what parses for it that says something; of all other crates it only takes time: most of what an
# input takes is then spent on counting. They run and are checked as ever.
compiler=$1
shift
for argument in "$@"; do
    case $previous-$argument in
    --crate-name-chatproof* | --crate-name-serde_saphyr | --crate-name-granit_parser) exec "$compiler" "$@" ;;
    esac
    previous=$argument
done
for argument in "$@"; do
    shift
    case $argument in
    -Cpasses=sancov-module | -Cllvm-args=-sanitizer-coverage-*) ;;
    *) set -- "$@" "$argument" ;;
    esac
done
exec "$compiler" "$@"
