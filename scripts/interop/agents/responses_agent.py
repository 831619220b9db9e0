"""Says what it was told, word by word when it is asked to stream; "boom" breaks it."""

import mlflow
from mlflow.pyfunc import ResponsesAgent
from mlflow.types.responses import ResponsesAgentResponse, ResponsesAgentStreamEvent


class Echo(ResponsesAgent):
    def predict(self, request):
        text = request.input[-1].content
        if text == "boom":
            raise ValueError("the agent broke")
        item = self.create_text_output_item(text=f"you said {text}", id="m1")
        return ResponsesAgentResponse(output=[item], custom_outputs=request.custom_inputs)

    def predict_stream(self, request):
        text = request.input[-1].content
        for word in text.split():
            if word == "boom":
                raise ValueError("the agent broke")
            yield ResponsesAgentStreamEvent(**self.create_text_delta(delta=word, item_id="m1"))
        item = self.create_text_output_item(text=text, id="m1")
        yield ResponsesAgentStreamEvent(type="response.output_item.done", item=item)


mlflow.models.set_model(Echo())
