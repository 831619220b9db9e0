/** What a decision is worth, per month, all in one currency. */
export interface RoiInputs {
  readonly currency: string;
  /** Cases the model judges in a month: flights, orders. */
  readonly casesPerMonth: number;
  /** Share of the cases that are truly positive (delayed, fraudulent), 0 to 1. */
  readonly positiveShare: number;
  /** Worth of one positive case caught. */
  readonly valueOfCatch: number;
  /** Cost of acting on one false alarm. */
  readonly costOfFalseAlarm: number;
  readonly monthlyCost: number;
}

export interface Performance {
  readonly precision: number;
  readonly recall: number;
}

export interface RoiEstimate {
  readonly currency: string;
  readonly caughtPerMonth: number;
  readonly missedPerMonth: number;
  readonly falseAlarmsPerMonth: number;
  readonly valuePerMonth: number;
  /** Below this precision an alarm costs more than it brings; null when neither catch nor alarm has a price. */
  readonly breakEvenPrecision: number | null;
  readonly gainOverBaseline: number | null;
}

/**
 * Expected value of acting on a model's alarms: positives × recall are caught; an alarm is false with 1 − precision, so
 * false alarms are caught × (1 − precision) ÷ precision. A model that catches nothing raises no alarm here.
 */
export function estimateReturn(inputs: RoiInputs, model: Performance, baseline?: Performance): RoiEstimate {
  const { caught, falseAlarms, gross } = outcome(inputs, model);
  const stakes = inputs.valueOfCatch + inputs.costOfFalseAlarm;
  return {
    currency: inputs.currency,
    caughtPerMonth: caught,
    missedPerMonth: inputs.casesPerMonth * inputs.positiveShare - caught,
    falseAlarmsPerMonth: falseAlarms,
    valuePerMonth: gross - inputs.monthlyCost,
    breakEvenPrecision: stakes > 0 ? inputs.costOfFalseAlarm / stakes : null,
    // A baseline runs for nothing: the model has to earn its own running.
    gainOverBaseline: baseline ? gross - inputs.monthlyCost - outcome(inputs, baseline).gross : null,
  };
}

function outcome(inputs: RoiInputs, { precision, recall }: Performance) {
  const positives = inputs.casesPerMonth * inputs.positiveShare;
  const caught = precision > 0 ? positives * recall : 0;
  const negatives = inputs.casesPerMonth - positives;
  // There are no more false alarms than negative cases, whatever precision was measured elsewhere.
  const falseAlarms = precision > 0 ? Math.min(negatives, (caught * (1 - precision)) / precision) : 0;
  return { caught, falseAlarms, gross: caught * inputs.valueOfCatch - falseAlarms * inputs.costOfFalseAlarm };
}
