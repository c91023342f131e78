import axios from "axios";
import { v4 as uuidv4 } from "uuid";

let model = "<Your Model>";  // Replace with your model, e.g., "gpt-3.5-turbo", "ernie-3.0-bot", "gpt-4"
let message = "<Your Message>";  // Replace with your prompt message

let headers = {
    "Content-Type": "application/json",
    "x-vanusai-model": model,
    "x-vanusai-sessionid": uuidv4(),  // Generates a random UUID
    "Accept": "text/event-stream" // Remove if need plain text responses
}

let data = {
    "prompt": message,
    "stream": true // False if need plain text responses
}

axios({
    method: "post",
    url: "<URL from your App dashboard in API Access>",
    data: data,
    headers: headers,
    responseType: "stream" // Remove if need plain text responses
})
// This function handles event stream only
.then(function (response) {
    response.data.on('data', (chunk) => {
        const lines = chunk.toString().split('\n');

        for (let line of lines) {
            if (line.startsWith('data: ')) {
                const jsonString = line.replace('data: ', '');
                console.log(JSON.parse(jsonString));
            }
        }
    });
})
.catch(function (error) {
    console.log(error);
});
