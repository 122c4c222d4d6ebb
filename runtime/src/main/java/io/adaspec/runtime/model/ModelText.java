package io.adaspec.runtime.model;

import io.adaspec.runtime.request.SamplingDefaults;
import io.adaspec.runtime.text.ChatTemplate;
import io.adaspec.runtime.text.Tokenizer;
import java.util.Optional;

/**
 * The text side of a model, on the heap: it needs no open file.
 *
 * @param tokenizer text to ids
 * @param chatTemplate the prompt format, for chat models
 * @param sampling how its makers recommend to sample
 */
public record ModelText(
    Tokenizer tokenizer, Optional<ChatTemplate> chatTemplate, SamplingDefaults sampling) {}
