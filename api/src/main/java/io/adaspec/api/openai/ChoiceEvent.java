package io.adaspec.api.openai;

import io.adaspec.actors.TokenEvent;

/**
 * An event of one of the outputs of a request.
 *
 * @param index which output
 */
public record ChoiceEvent(int index, TokenEvent event) {}
