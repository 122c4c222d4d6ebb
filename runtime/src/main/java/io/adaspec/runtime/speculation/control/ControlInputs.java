package io.adaspec.runtime.speculation.control;

/**
 * What the slow loop saw of a class and of the load, as moving means.
 *
 * @param running sequences of a device
 * @param waiting requests without a place
 * @param kvUse share of target KV blocks in use, 0 to 1
 * @param draftKvUse the same of draft KV blocks
 * @param overloaded whether so many wait that drafts must prove themselves
 * @param pace share of the class's decoding sequences that are on their TPOT target, 0 to 1
 * @param gain speed against plain decoding in steps with drafts of the class; NaN without any
 * @param gainLow its lower bound; NaN while there are too few looks
 * @param gainHigh its upper bound; NaN while there are too few looks
 * @param acceptance share of the judged draft tokens that were kept; NaN without any
 * @param predictionError of the cost model, as a share of measured time
 */
public record ControlInputs(
    double running,
    double waiting,
    double kvUse,
    double draftKvUse,
    boolean overloaded,
    double pace,
    double gain,
    double gainLow,
    double gainHigh,
    double acceptance,
    double predictionError) {}
